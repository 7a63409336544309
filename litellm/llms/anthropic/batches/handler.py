"""Retrieving a batch with an OAuth token fails with Anthropic's status and body, as all other calls do.

Upstream lets httpx's own error out, which its proxy answers with a bare 500.

Intent: failures
Upstream: none yet
Remove when: upstream maps the errors of this call as it does those of others.
"""

from litellm.llms.anthropic.batches.retrieval import raises_anthropics_errors


class AnthropicBatchesHandler:
    @raises_anthropics_errors
    async def aretrieve_batch(self, batch_id, api_base, api_key, timeout, max_retries, logging_obj=None, litellm_params=None): ...
