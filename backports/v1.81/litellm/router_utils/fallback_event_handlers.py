"""A fallback after a failure that a client's own token earned goes out without the token.

Intent: failures
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.router_utils.client_token_failures import drops_failed_tokens


@drops_failed_tokens
async def run_async_fallback(*args, original_exception, **kwargs): ...
