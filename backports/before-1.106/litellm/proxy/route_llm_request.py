"""A token that a hook of the operator's puts into a request's data is the client's, as one that came in the request is.

Intent: forwarding
Upstream: none yet
Remove when: upstream keeps a request's own `api_key` to that request, whoever put it there.
"""

from litellm.proxy.client_headers import seal_client_credentials


async def route_request(data):
    seal_client_credentials(data)
    ...
