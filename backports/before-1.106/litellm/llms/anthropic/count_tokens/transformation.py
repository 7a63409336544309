"""Counting tokens sends every credential in x-api-key.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION
from litellm.llms.anthropic.oauth import is_anthropic_oauth_key, set_anthropic_headers


class AnthropicCountTokensConfig:
    def get_required_headers(self, api_key):
        if is_anthropic_oauth_key(api_key):
            own = {"Content-Type": "application/json", "anthropic-version": "2023-06-01"}
            return set_anthropic_headers({**own, "anthropic-beta": ANTHROPIC_TOKEN_COUNTING_BETA_VERSION}, api_key)
        ...
