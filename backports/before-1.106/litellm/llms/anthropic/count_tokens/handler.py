"""Counting tokens asks Anthropic, whatever base a token is configured with, and with a blank key, too.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_failures import missing_credential
from litellm.llms.anthropic.count_tokens.token_at_base import TokenAtBase


class AnthropicCountTokensHandler:
    async def handle_count_tokens_request(self, api_key, api_base=None):
        if not api_key.strip():
            raise missing_credential()
        api_base = api_key.endpoint if isinstance(api_key, TokenAtBase) else api_base
        ...
