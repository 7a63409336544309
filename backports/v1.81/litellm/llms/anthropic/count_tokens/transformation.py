"""Counting tokens sends every credential in x-api-key, and looks for it in the deployment and ANTHROPIC_API_KEY alone.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.litellm_core_utils.client_token import with_oauth_headers


class AnthropicCountTokensConfig:
    @with_oauth_headers
    def get_required_headers(self, api_key): ...
