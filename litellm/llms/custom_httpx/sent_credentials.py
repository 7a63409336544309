"""A credential goes to the origin it was sent to, and is gone from the request once that has answered.

httpx keeps `x-api-key` on any redirect and `Authorization` on one from http to https: whoever answers with a Location gets the key. And
a response holds its request, headers and all, for whatever callback or exception holds the response.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop x-api-key on a redirect to another origin, and its callbacks get no live response.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import httpx

_Maker = TypeVar("_Maker", bound=Callable[..., Any])


def guards_credentials(make: _Maker) -> _Maker:
    """Make a maker of HTTP clients, or a constructor that keeps the client it made, have it see to the credentials of its requests."""

    @functools.wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        client = make(*args, **kwargs)
        if client is not None:
            _add_guard(client)
        elif kwargs.get("client") is None:
            _add_guard(args[0].client)
        return client

    return cast(_Maker, made)


def _add_guard(client: httpx.Client | httpx.AsyncClient) -> None:
    hook = _guard if isinstance(client, httpx.Client) else _aguard
    client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], hook]}


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
