"""LiteLLM's HTTP clients, sync and async: each is an exit that watches the credentials of the requests it sends.

A client's own request is put into place first, and then watched like any other.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop x-api-key on a redirect to another origin, and scope a client's token in one place.
"""

from litellm.llms.custom_httpx.clients_exit import hands_on_clients_requests
from litellm.llms.custom_httpx.oauth_exit import guards_credentials
from litellm.llms.custom_httpx.redirects import keeps_credentials_at_origin


class AsyncHTTPHandler:
    @guards_credentials
    @keeps_credentials_at_origin
    @hands_on_clients_requests
    def create_client(self, timeout, event_hooks, ssl_verify=None, shared_session=None): ...


class HTTPHandler:
    @guards_credentials
    @keeps_credentials_at_origin
    @hands_on_clients_requests
    def create_client(self): ...
