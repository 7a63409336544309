"""No policy has a token tried again whose failure is its caller's.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed.
"""

from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


def get_num_retries_from_retry_policy(exception):
    if is_clients_own_failure(exception):
        return None
    ...
