"""Counting tokens asks with the client's own token; errors pass on the retry-after that the token earned.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream hands the request's headers to its token counters, and Anthropic's retry-after to the client.
"""

from typing import Final

from litellm.proxy.anthropic_endpoints.client_token_count import count_with_clients_token
from litellm.proxy.client_errors import passes_retry_after_on


@passes_retry_after_on
def _anthropic_error_json_response(exc, request): ...


async def count_tokens(request, user_api_key_dict):
    counted: Final = await count_with_clients_token(request)
    if counted is not None:
        return counted
    ...
