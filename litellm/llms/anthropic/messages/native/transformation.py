"""A messages request keeps the fields that its caller wrote beside an OAuth token.

Intent: transparency
Upstream: none yet
Remove when: upstream sends the fields of a messages call to Anthropic that it does not know, and changes none that it was given.
"""

from litellm.llms.anthropic.callers_fields import keeps_callers_fields


class AnthropicMessagesConfig:
    @keeps_callers_fields
    def transform_anthropic_messages_request(
        self, model, messages, anthropic_messages_optional_request_params, litellm_params, headers
    ): ...
