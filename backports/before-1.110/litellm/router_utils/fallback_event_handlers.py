"""After a failure that a client's own token earned, a fallback goes out without the token, and none to the group it was refused in.

Upstream falls back to a group's other deployments (weights, `order`) as it does to other groups: the call would go out again, with another
credential.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.110.
"""

from litellm.litellm_core_utils.oauth_arguments import without_tokens
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


async def run_async_fallback(*, fallback_model_group, original_exception, **kwargs):
    if is_clients_own_failure(original_exception):
        kwargs = without_tokens(kwargs)
        within = {"_target_order", "_excluded_deployment_ids"}
        fallback_model_group = [each for each in fallback_model_group if not (isinstance(each, dict) and within & each.keys())]
    ...
