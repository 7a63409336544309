"""Anthropic messages keep x-api-key beside the bearer, or send a token in it, or go out
with no credential at all.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.litellm_core_utils.client_token import with_oauth_headers
from litellm.llms.anthropic.common_utils import requires_a_credential


class AnthropicMessagesConfig:
    @with_oauth_headers
    @requires_a_credential
    def validate_anthropic_messages_environment(
        self, headers, model, messages, optional_params, litellm_params, api_key=None, api_base=None
    ): ...
