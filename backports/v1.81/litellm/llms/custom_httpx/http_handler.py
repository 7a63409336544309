"""LiteLLM's HTTP clients, sync and async: each guards the credentials of the requests it sends.

Intent: privacy
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.llms.custom_httpx.sent_credentials import guards_credentials


class AsyncHTTPHandler:
    @guards_credentials
    def create_client(self, timeout, event_hooks, ssl_verify=None, shared_session=None): ...


class HTTPHandler:
    @guards_credentials
    def __init__(self, timeout=None, concurrent_limit=None, client=None, ssl_verify=None, disable_default_headers=False): ...
