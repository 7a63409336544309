"""Counting tokens asks with the client's own token.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.proxy.anthropic_endpoints.client_token_count import count_with_clients_token


async def count_tokens(request, user_api_key_dict):
    counted = await count_with_clients_token(request)
    if counted is not None:
        return counted
    ...
