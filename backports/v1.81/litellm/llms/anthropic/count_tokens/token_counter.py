"""Counting tokens looks for the key in the deployment and ANTHROPIC_API_KEY alone.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.llms.anthropic.common_utils import fills_in_the_key


class AnthropicTokenCounter:
    @fills_in_the_key
    async def count_tokens(self, model_to_use, messages, contents, deployment=None, request_model=""): ...
