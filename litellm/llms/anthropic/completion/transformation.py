"""The legacy `/v1/complete` builds its own headers, with every credential in x-api-key and none from ANTHROPIC_AUTH_TOKEN.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's text completion resolves its credential as chat completion does.
"""

from litellm.types.llms.openai import AllMessageValues

from litellm.litellm_core_utils.client_token import with_oauth_headers
from litellm.llms.anthropic.common_utils import AnthropicModelInfo


class AnthropicTextConfig:
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
        key = api_key if api_key and api_key.strip() else None
        auth_token = AnthropicModelInfo.get_auth_token()
        if key is None and auth_token is None:
            raise ValueError(
                "Missing Anthropic API Key: pass api_key, or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, for Anthropic's /v1/complete"
            )
        credential = {"authorization": f"Bearer {auth_token}"} if key is None else {"x-api-key": key}
        headers.update({"accept": "application/json", "anthropic-version": "2023-06-01", "content-type": "application/json", **credential})
        return headers
