"""Anthropic messages keep x-api-key beside the bearer, or send a token in it, or go out with no credential at all.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_failures import missing_credential
from litellm.llms.anthropic.oauth_headers import writes_oauth_token

from ...common_utils import AnthropicModelInfo


class AnthropicMessagesConfig:
    @writes_oauth_token
    def validate_anthropic_messages_environment(self, headers, api_key=None):
        if AnthropicModelInfo.get_api_key(api_key) is None and not {"authorization", "x-api-key"} & {
            name.lower() for name in headers
        }:
            raise missing_credential()
        ...
