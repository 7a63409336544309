"""Counting tokens looks for the key in the deployment and ANTHROPIC_API_KEY alone.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.llms.anthropic.common_utils import AnthropicModelInfo


class AnthropicTokenCounter:
    async def count_tokens(self, deployment=None):
        given = deployment or {}
        litellm_params = dict(given.get("litellm_params") or {})
        deployment = {
            **given,
            "litellm_params": {**litellm_params, "api_key": AnthropicModelInfo.get_api_key(litellm_params.get("api_key"))},
        }
        ...
