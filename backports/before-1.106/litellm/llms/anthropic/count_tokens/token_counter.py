"""Counting tokens looks for the key in the deployment and ANTHROPIC_API_KEY alone.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.llms.anthropic.count_tokens.token_at_base import key_at_base


class AnthropicTokenCounter:
    async def count_tokens(self, deployment=None):
        given = deployment or {}
        configured = dict(given.get("litellm_params") or {})
        key = key_at_base(configured.get("api_key"), configured.get("api_base"))
        deployment = {**given, "litellm_params": {**configured, "api_key": key}}
        ...
