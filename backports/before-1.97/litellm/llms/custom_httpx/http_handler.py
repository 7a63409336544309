"""LiteLLM's HTTP clients, sync and async: each is an exit that watches the credentials of the requests it sends.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported.
"""

from litellm.llms.custom_httpx.oauth_exit import guards_credentials
from litellm.llms.custom_httpx.own_client import guards_own_client


class AsyncHTTPHandler:
    @guards_credentials
    def create_client(self, timeout, event_hooks, ssl_verify=None, shared_session=None): ...


class HTTPHandler:
    @guards_own_client
    def __init__(
        self, timeout=None, concurrent_limit=None, client=None, ssl_verify=None, disable_default_headers=False
    ): ...
