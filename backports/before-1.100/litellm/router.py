"""The Router hands no OAuth token of a caller's to its hooks, and neither counts nor tries again a failure that is its caller's.

Intent: failures
Upstream: none yet
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_arguments import seal
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure, says_nothing_of_deployment


class Router:
    async def async_function_with_fallbacks(self, *args, **kwargs):
        args, kwargs = seal(args, kwargs)
        ...

    def deployment_callback_on_failure(self, kwargs):
        if says_nothing_of_deployment(kwargs.get("exception")):
            return False
        ...

    def should_retry_this_error(self, error):
        if is_clients_own_failure(error):
            raise error
        ...

    async def _maybe_run_weighted_failover(self, exception):
        # The group's others are not asked, and upstream takes no refusal of a messages call for a reason to fall back to another group.
        if is_clients_own_failure(exception):
            return None
        ...
