"""An error that a client's own token earned keeps Anthropic's status and type.

Upstream's conversion of errors asks its database client about every one, and fails itself where none is installed.

Intent: failures
Upstream: none yet
Remove when: upstream's conversion of errors needs no database client and keeps the provider's error type.
"""

from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
from litellm.proxy.client_errors import clients_own_failure


def handle_exception_on_proxy(e):
    if is_clients_own_failure(e):
        return clients_own_failure(e)
    ...
