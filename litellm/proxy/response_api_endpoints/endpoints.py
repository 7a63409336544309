"""Counting the input of a Responses request asks with the client's own token.

Intent: forwarding
Upstream: none yet
Remove when: upstream hands the request's headers to its token counters.
"""

from typing import Final

from litellm.proxy.anthropic_endpoints.client_token_count import count_input_with_clients_token


async def responses_input_tokens(request):
    counted: Final = await count_input_with_clients_token(request)
    if counted is not None:
        return counted
    ...
