"""LiteLLM's HTTP clients, sync and async: each guards the credentials of the requests it sends.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop x-api-key on a redirect to another origin, and its callbacks get no live response.
"""

from litellm.llms.custom_httpx.sent_credentials import guards_credentials


class AsyncHTTPHandler:
    @guards_credentials
    def create_client(self, timeout, event_hooks, ssl_verify=None, shared_session=None): ...


class HTTPHandler:
    @guards_credentials
    def create_client(self): ...
