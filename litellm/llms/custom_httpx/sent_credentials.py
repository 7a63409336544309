"""A credential goes to the origin it was sent to, and is gone from the request once that has answered.

httpx keeps `x-api-key` on any redirect and `Authorization` on one from http to https: whoever answers with a Location gets the key. And
a response holds its request, headers and all, for whatever callback or exception holds the response.

Upstream: BerriAI/litellm#19618
Remove when: upstream's HTTP clients drop x-api-key on a redirect to another origin, and its callbacks get no live response.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import httpx

_Client = TypeVar("_Client", httpx.Client, httpx.AsyncClient)


def guards_credentials(create_client: Callable[..., _Client]) -> Callable[..., _Client]:
    """Make a maker of HTTP clients have each client it makes see to the credentials of a request when its response arrives."""

    @functools.wraps(create_client)
    def created(*args: object, **kwargs: object) -> _Client:
        client = create_client(*args, **kwargs)
        hook = _guard if isinstance(client, httpx.Client) else _aguard
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], hook]}
        return client

    return created


def _guard(response: httpx.Response) -> None:
    from litellm.llms.anthropic.oauth import has_token, masked, same_origin  # LiteLLM imports its HTTP clients before its providers

    request = response.request
    if response.has_redirect_location:
        # httpx builds the next request from this one's headers once this hook has run.
        if not same_origin(str(request.url), str(request.url.join(response.headers["location"]))):
            # Another provider's bearer is that provider's affair, and httpx's.
            if "anthropic-version" in request.headers or has_token(request.headers):
                request.headers.pop("authorization", None)
            request.headers.pop("x-api-key", None)
    elif has_token(request.headers):
        headers = [(name, masked(value)) for name, value in request.headers.items()]
        response.request = httpx.Request(request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions)


async def _aguard(response: httpx.Response) -> None:
    _guard(response)
