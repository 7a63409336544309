"""Batches build their own headers, with every credential in x-api-key, and drop their own beta where the caller asks for another.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.types.llms.openai import AllMessageValues

from litellm.litellm_core_utils.client_token import with_oauth_headers
from litellm.llms.anthropic.batches.retrieval import merges_caller_betas


class AnthropicBatchesConfig:
    @merges_caller_betas
    @with_oauth_headers
    def validate_environment(
        self,
        headers: dict,
        model: str,
        messages: list[AllMessageValues],
        optional_params: dict,
        litellm_params: dict,
        api_key: str | None = None,
        api_base: str | None = None,
    ) -> dict:
        """The request's headers.

        Raises ValueError, naming what to set, where no credential is.
        """
        key = self.anthropic_model_info.get_api_key(api_key)
        if key is None:
            raise ValueError("Missing Anthropic API Key: pass api_key, or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN.")
        defaults = {"anthropic-beta": "message-batches-2024-09-24"}
        own = {"accept": "application/json", "anthropic-version": "2023-06-01", "content-type": "application/json", "x-api-key": key}
        return {**defaults, **headers, **own}
