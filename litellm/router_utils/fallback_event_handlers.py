"""A fallback after a failure that a client's own token earned goes out without the token.

Intent: failures
Upstream: none yet
Remove when: upstream scopes a caller's token by the failure it earned.
"""

from litellm.router_utils.client_token_failures import drops_failed_tokens


@drops_failed_tokens
async def run_async_fallback(*args, original_exception, **kwargs): ...
