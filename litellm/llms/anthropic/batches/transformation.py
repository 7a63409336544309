"""Retrieving a batch with an OAuth token sends the betas its caller asked for beside the path's own.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream hands `extra_headers` to AnthropicBatchesHandler.
"""

from litellm.llms.anthropic.batches.retrieval import merges_caller_betas, names_what_to_set


class AnthropicBatchesConfig:
    @names_what_to_set
    @merges_caller_betas
    def validate_environment(self, headers, model, messages, optional_params, litellm_params, api_key=None, api_base=None): ...
