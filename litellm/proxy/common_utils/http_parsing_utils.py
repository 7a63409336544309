"""Whoever reads a request's headers, hooks and MCP servers among them, reads a mask for a client's token.

Intent: privacy
Upstream: none yet
Remove when: upstream hands no credential of a client's to hooks and other servers.
"""

from litellm.proxy.client_headers import sealed_headers


@sealed_headers
def safe_get_request_headers(request): ...
