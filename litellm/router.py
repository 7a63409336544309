"""A failure that a client's own token earned is not tried again with another credential.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed.
"""

from litellm.router_utils.client_token_failures import raises_clients_own_failures


class Router:
    @raises_clients_own_failures
    def should_retry_this_error(self, error, **kwargs): ...
