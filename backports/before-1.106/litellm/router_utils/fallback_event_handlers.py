"""A fallback after a failure that a client's own token earned goes out without the token.

Intent: failures
Upstream: none yet
Remove when: upstream scopes a caller's token by the failure it earned.
"""

from litellm.litellm_core_utils.oauth_arguments import without_tokens
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


async def run_async_fallback(*, original_exception, **kwargs):
    if is_clients_own_failure(original_exception):
        kwargs = without_tokens(kwargs)
    ...
