"""LiteLLM's HTTP clients, sync and async: each is an exit that watches the credentials of the requests it sends.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop x-api-key on a redirect to another origin, and scope a client's token in one place.
"""

from litellm.llms.custom_httpx.oauth_exit import guards_credentials


class AsyncHTTPHandler:
    @guards_credentials
    def create_client(self, timeout, event_hooks, ssl_verify=None, shared_session=None): ...


class HTTPHandler:
    @guards_credentials
    def create_client(self): ...
