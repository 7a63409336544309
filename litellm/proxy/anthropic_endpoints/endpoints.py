"""Counting tokens asks with the client's own token; errors pass on the retry-after that the token earned.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream hands the request's headers to its token counters, and Anthropic's retry-after to the client.
"""

from litellm.proxy.client_tokens import counts_with_client_token, passes_retry_after_on


@passes_retry_after_on
def _anthropic_error_json_response(exc, request): ...


@counts_with_client_token
async def count_tokens(request, user_api_key_dict): ...
