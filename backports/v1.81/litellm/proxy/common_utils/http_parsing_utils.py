"""Whoever reads a request's headers reads a mask for a client's token.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported.
"""

from litellm.proxy.client_headers import sealed_headers


@sealed_headers
def _safe_get_request_headers(request): ...
