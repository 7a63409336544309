"""An error that a client's own token earned keeps Anthropic's status and type; what hooks change of a request and an answer is taken over.

Upstream's conversion of errors asks its database client about every one, and fails itself where none is installed.

Intent: failures
Upstream: none yet
Remove when: upstream's conversion of errors needs no database client and keeps the provider's error type.
"""

from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
from litellm.proxy.client_errors import clients_own_failure
from litellm.proxy.hooked_requests import hooks_change_clients_request


@hooks_change_clients_request
class ProxyLogging: ...


def handle_exception_on_proxy(e):
    if is_clients_own_failure(e):
        return clients_own_failure(e)
    ...
