"""A request that is sent with a client's own token: it becomes that client's own, and is sent once, and for no client that has left.

Intent: transparency
Upstream: none yet
Remove when: upstream ends a request to Anthropic whose client has gone away.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Final, ParamSpec

import httpx

from litellm.llms.custom_httpx.client_hooks import Client, add_hook, changed_by

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final


def hands_on_clients_requests(make: Callable[P, Client]) -> Callable[P, Client]:
    """Make a maker of HTTP clients have each of them send a client's own request in place of the one that LiteLLM made of it."""
    return changed_by(hand_on_clients_requests, make)


def hand_on_clients_requests(client: httpx.Client | httpx.AsyncClient) -> None:
    """Have an HTTP client send clients' own requests, and keep Anthropic's answers to them."""
    is_new: Final = add_hook(client, "request", _leaves)
    add_hook(client, "response", _answered)
    if is_new and isinstance(client, httpx.AsyncClient):
        _end_with_its_client(client)


def _leaves(request: httpx.Request) -> None:
    from litellm.llms.anthropic.clients_request import clients_request

    if (asked := clients_request()) is not None and _sends_clients_token(request):
        asked.put_into(request)


def _answered(response: httpx.Response) -> None:
    from litellm.llms.anthropic.clients_request import request_answered

    if (asked := request_answered(response)) is not None:
        asked.answered_with(response)


def _sends_clients_token(request: httpx.Request) -> bool:
    """Whether a request holds a client's token as Anthropic takes it, and may have it."""
    from litellm.llms.anthropic.oauth import ConfiguredBearer, is_anthropic_oauth_key, may_send_to
    from litellm.llms.anthropic.oauth_origins import allowed_origins

    bearer: Final = next((value for name, value in request.headers.raw if name.lower() == b"authorization"), b"")
    clients: Final = is_anthropic_oauth_key(bearer.decode("latin-1")) and not isinstance(
        bearer, ConfiguredBearer.Encoded
    )
    return clients and may_send_to(str(request.url), allowed_origins())


def _end_with_its_client(client: httpx.AsyncClient) -> None:
    """Make an HTTP client give up a client's own request once that client has gone away, and send none again that was refused."""
    send: Final[Callable[..., Awaitable[httpx.Response]]] = client.send

    @functools.wraps(send)
    async def sent(request: httpx.Request, *args: object, **kwargs: object) -> httpx.Response:  # kwargs-ok: handed on
        from litellm.llms.anthropic.clients_request import clients_request

        sending: Final = functools.partial(send, request, *args, **kwargs)
        asked: Final = clients_request()
        if asked is None or not _sends_clients_token(request):
            return await sending()
        if asked.answer is not None and 400 <= asked.answer.status_code < 500:
            # Some releases mend a request that was refused and send it once more: a client's own is the client's to mend.
            return asked.answer
        answering, leaving = asyncio.ensure_future(sending()), asyncio.ensure_future(asked.left.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.left.is_set():
                return await answering
            # Whole, or so it looks: its body ended as the client left.
            if answering.done() and answering.exception() is None:
                await answering.result().aclose()
            raise _client_left()
        finally:
            answering.cancel()
            leaving.cancel()

    setattr(client, "send", sent)  # noqa: B010  # a method of this one client


def _client_left() -> Exception:
    from litellm.litellm_core_utils.oauth_failures import as_clients_own
    from litellm.llms.anthropic.common_utils import AnthropicError

    return as_clients_own(AnthropicError(status_code=499, message="The client went away before it was answered."))
