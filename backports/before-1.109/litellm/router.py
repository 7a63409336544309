"""The Router hands no OAuth token of a caller's to its hooks, and tries none again whose failure is its caller's.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed, and its hooks see no credential.
"""

from litellm.litellm_core_utils.oauth_arguments import seal
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


class Router:
    async def async_function_with_fallbacks(self, *args, **kwargs):
        args, kwargs = seal(args, kwargs)
        ...

    def should_retry_this_error(self, error):
        if is_clients_own_failure(error):
            raise error
        ...
