"""An error that a client's own token earned reaches the client with Anthropic's status and type.

Intent: failures
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.proxy.client_tokens import answers_clients_own_failures


@answers_clients_own_failures
def handle_exception_on_proxy(e): ...
