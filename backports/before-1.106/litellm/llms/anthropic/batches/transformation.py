"""Batches build their own headers, with every credential in x-api-key, and drop their own beta where the caller asks for another.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.llms.anthropic.common_utils import AnthropicModelInfo, is_anthropic_oauth_key
from litellm.llms.anthropic.oauth import betas_in, merge_betas, set_anthropic_headers


class AnthropicBatchesConfig:
    def validate_environment(self, headers, api_key=None):
        api_key = AnthropicModelInfo.get_api_key(api_key)
        if is_anthropic_oauth_key(api_key):
            betas = merge_betas(betas_in(headers), "message-batches-2024-09-24")
            own = {"accept": "application/json", "anthropic-version": "2023-06-01", "content-type": "application/json"}
            return set_anthropic_headers({**headers, **own, "anthropic-beta": betas}, api_key)
        ...
