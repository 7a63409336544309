"""What LiteLLM's HTTP clients, sync and async, are given as they are made: hooks that see each request as it leaves, and each answer.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop credentials on a redirect to another origin, and scope a client's token in one place.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import httpx

if TYPE_CHECKING:
    from aiohttp import ClientResponse

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
T = TypeVar("T")  # rebind-ok: mypy takes no TypeVar that is Final
Client = TypeVar(  # rebind-ok: mypy takes no TypeVar that is Final
    "Client", httpx.Client, httpx.AsyncClient, "httpx.Client | None", "httpx.AsyncClient | None"
)


def changed_by(
    change: Callable[[httpx.Client | httpx.AsyncClient], None], make: Callable[P, Client]
) -> Callable[P, Client]:
    """A maker of HTTP clients that has each of them changed."""

    @functools.wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Client:  # kwargs-ok: handed on
        client: Final = make(*args, **kwargs)
        if client is not None:
            change(client)
        return client

    return made


def add_hook(client: httpx.Client | httpx.AsyncClient, event: str, hook: Callable[[T], None]) -> bool:
    """Put a hook behind those that a client has for a `request` or a `response`, once; whether it was not there yet."""
    own: Final = _awaited(hook) if isinstance(client, httpx.AsyncClient) else hook
    hooks: Final = client.event_hooks
    if own in hooks[event]:
        return False
    client.event_hooks = {**hooks, event: [*hooks[event], own]}  # rebind-ok: httpx takes hooks so
    return True


@functools.cache
def _awaited(hook: Callable[[T], None]) -> Callable[[T], Awaitable[None]]:
    async def awaited(seen: T) -> None:
        hook(seen)

    return awaited


def aiohttp_answer(response: httpx.Response) -> ClientResponse | None:
    """The answer of aiohttp's that LiteLLM's transport made a response of; None for any other transport's."""
    stream: object = response.stream  # rebind-ok: from the outermost inwards
    while stream is not None and not hasattr(stream, "_aiohttp_response"):
        stream = getattr(stream, "_stream", None)
    answer: Final[ClientResponse | None] = getattr(stream, "_aiohttp_response", None)
    return answer
