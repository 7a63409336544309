"""An error that a client's own token earned keeps Anthropic's status and type, also without a database client.

Intent: failures
Upstream: none yet
Remove when: upstream's conversion of errors needs no database client and keeps the provider's error type.
"""

from litellm.proxy.client_tokens import answers_clients_own_failures


@answers_clients_own_failures
def handle_exception_on_proxy(e, litellm_call_id=None): ...
