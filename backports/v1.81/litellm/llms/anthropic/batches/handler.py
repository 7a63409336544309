"""Retrieving a batch with an OAuth token fails with Anthropic's status and body, as all other calls do.

Intent: failures
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.llms.anthropic.batches.retrieval import names_what_to_set, raises_anthropics_errors


class AnthropicBatchesHandler:
    @names_what_to_set
    @raises_anthropics_errors
    async def aretrieve_batch(self, batch_id, api_base, api_key, timeout, max_retries, logging_obj=None): ...
