"""Anthropic messages keep x-api-key beside the bearer, or send a token in it, or go out with no credential at all.

Beside a token the fields that its caller wrote stay as they are.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_failures import missing_credential
from litellm.llms.anthropic.callers_fields import keeps_callers_fields
from litellm.llms.anthropic.oauth_headers import writes_oauth_token

from ...common_utils import AnthropicModelInfo


class AnthropicMessagesConfig:
    @writes_oauth_token
    def validate_anthropic_messages_environment(self, headers, api_key=None):
        configured = AnthropicModelInfo.get_api_key(api_key) or AnthropicModelInfo.get_auth_token()
        if not configured and not {"authorization", "x-api-key"} & {name.lower() for name in headers}:
            raise missing_credential()
        ...

    @keeps_callers_fields
    def transform_anthropic_messages_request(
        self, model, messages, anthropic_messages_optional_request_params, litellm_params, headers
    ): ...
