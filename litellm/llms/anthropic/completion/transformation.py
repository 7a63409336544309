"""The legacy `/v1/complete` builds its own headers, with every credential in x-api-key and none from ANTHROPIC_AUTH_TOKEN.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's text completion resolves its credential as chat completion does.
"""

from typing import Final

from litellm.litellm_core_utils.oauth_failures import missing_credential
from litellm.llms.anthropic.common_utils import AnthropicModelInfo, is_anthropic_oauth_key
from litellm.llms.anthropic.oauth import set_anthropic_headers


class AnthropicTextConfig:
    def validate_environment(self, headers, api_key=None):
        api_key = AnthropicModelInfo.get_api_key(api_key)  # rebind-ok: what upstream goes on with
        own: Final = {
            "accept": "application/json",
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
        }
        if is_anthropic_oauth_key(api_key):
            return set_anthropic_headers({**headers, **own}, api_key)
        if api_key is None and (bearer := AnthropicModelInfo.get_auth_token()) is not None:
            return {**headers, **own, "authorization": f"Bearer {bearer}"}
        if api_key is None:
            raise missing_credential()
        ...
