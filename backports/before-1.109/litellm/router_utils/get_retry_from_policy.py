"""No policy has a token tried again whose failure is its caller's.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""

from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


def get_num_retries_from_retry_policy(exception):
    if is_clients_own_failure(exception):
        return
    ...
