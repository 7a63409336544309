"""Counting tokens asks with the client's own token.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.proxy.client_tokens import counts_with_client_token


@counts_with_client_token
async def count_tokens(request, user_api_key_dict): ...
