"""A client's request with its own token, and Anthropic's answer to it, at the proxy's outer edge: neither is LiteLLM's to reword.

Claude Code reads the wording of an error to tell an expired token, and limits from headers that upstream drops. LiteLLM answers in between
as ever, so that its keys, budgets, guardrails, callbacks and metrics see the request; what leaves here is what Anthropic said.

Intent: transparency
Upstream: BerriAI/litellm#19017
Remove when: upstream answers a request with a client's own token with Anthropic's status, headers and body.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final  # noqa: TID251  # a JSON document, merged with another
from urllib.parse import unquote_plus

import httpx
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from litellm.litellm_core_utils.oauth_failures import ERROR_TYPES
from litellm.llms.anthropic.clients_request import HOP_BY_HOP, ClientsRequest, clients_request, serving
from litellm.llms.anthropic.json_members import edited, members_of, merged
from litellm.llms.anthropic.oauth import holds_token
from litellm.proxy.auth.litellm_key import carries_litellm_key, without_first_key
from litellm.proxy.client_headers import came_with_token

_MESSAGES: Final = ("/v1/messages", "/v1/messages/count_tokens")
_PASS_THROUGH: Final = "/anthropic/"
_PASS_PREFIX: Final = "x-pass-"
# Of the connection to Anthropic, or of its site: nothing that this proxy could promise.
_NOT_HANDED_BACK: Final = frozenset(
    {*HOP_BY_HOP, "alt-svc", "date", "server", "set-cookie", "strict-transport-security"}
)
_ERROR_TYPES: Final = {**ERROR_TYPES, 504: "timeout_error", 529: "overloaded_error"}


class ServesTransparently:
    """ASGI: a request with a client's own token, on a route of Anthropic's shape, is kept as it comes, and answered as Anthropic does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: Final = _route(scope)
        if route is None:
            await self.app(scope, receive, send)
            return
        exchange: Final = _Exchange(route, _clients_request(scope, route), receive, send)
        with serving(exchange.asked):
            try:
                await self.app(scope, exchange.receive, exchange.send)
            finally:
                exchange.end()


class NotesWhatIsRead:
    """ASGI, behind LiteLLM's own middleware, which undoes a content coding: what it reads of a client's own request is kept beside that."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked: Final = clients_request() if scope["type"] == "http" else None
        if asked is None or asked.plain is asked.body:
            await self.app(scope, receive, send)
            return
        asked.plain = read = bytearray()  # rebind-ok: this very request is what is sent

        async def noted() -> Message:
            message: Final = await receive()
            read.extend(message.get("body", b""))
            return message

        await self.app(scope, noted, send)


def _route(scope: Scope) -> str | None:
    """The route of a request that is to be served transparently; None for any other."""
    from litellm.proxy.auth.auth_utils import get_request_route

    if scope["type"] != "http" or not came_with_token(scope):
        return None
    route: Final = get_request_route(Request(scope))
    return route if route in _MESSAGES or route.startswith(_PASS_THROUGH) else None


def _clients_request(scope: Scope, route: str) -> ClientsRequest:
    prefix: Final = _PASS_PREFIX if route.startswith(_PASS_THROUGH) else ""
    headers: Final = [
        (name.decode("latin-1").removeprefix(prefix), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    query: Final = [
        part
        for part in scope["query_string"].split(b"&")
        if not part or _may_leave(unquote_plus(part.decode("latin-1")))
    ]
    return ClientsRequest(b"&".join(query), without_first_key(headers), _path_behind(scope, route))


def _path_behind(scope: Scope, route: str) -> bytes:
    """What a path says behind the pass-through's own, as the client wrote it; empty on other routes."""
    if not route.startswith(_PASS_THROUGH):
        return b""
    written: Final[bytes] = scope.get("raw_path") or b""
    ahead: Final = [f"{root}{_PASS_THROUGH}".encode() for root in (scope.get("root_path", ""), "")]
    return next((written.removeprefix(each) for each in ahead if written.startswith(each)), b"")


def _may_leave(parameter: str) -> bool:
    return not holds_token(parameter) and not carries_litellm_key(parameter, None)


class _Exchange:
    """One request and its answer, while LiteLLM serves it."""

    def __init__(self, route: str, asked: ClientsRequest, receive: Receive, send: Send) -> None:
        self.asked = asked
        self._route = route
        self._receive = receive
        self._send = send
        self._start: Message = {}
        # Until it is known whose answer it is, and how long; then whether it is held back to its end.
        self._held: bytearray | None = None
        self._waits = False
        self._done = False
        self._watch: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        if self._watch is not None:
            await self.asked.left.wait()
            return {"type": "http.disconnect"}
        message: Final = await self._receive()
        if message["type"] == "http.request":
            self.asked.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._watch = asyncio.create_task(self._see_it_leave())
        return message

    async def _see_it_leave(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._done:
            await self.asked.leave()

    def end(self) -> None:
        """LiteLLM has answered, or has failed to."""
        if self._watch is not None:
            self._watch.cancel()
            # A cancelled task holds its frames, and they this exchange: all of a request would wait for the garbage collector.
            self._watch = None
        self.asked.let_go()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start, self._waits = message, True
            self._held = bytearray() if self._holds_back() else None
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif (held := self._held) is not None:
            held.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._answer(bytes(held))
        elif not self._breaks_off(message):
            if self._waits:
                self._waits = False
                await self._send({**self._start, "headers": self._headers(message.get("body", b""))})
            self._done = not message.get("more_body", False)
            await self._send(message)

    def _holds_back(self) -> bool:
        """Whether the answer has to be known whole before any of it is sent."""
        self.asked.noting = False
        if self._start["status"] >= 400:
            return True
        return self._route in _MESSAGES and self.asked.answer is not None and not _is_stream(self.asked.answer)

    def _headers(self, body: bytes) -> Sequence[tuple[bytes, bytes]]:
        """Anthropic's headers, and beside them LiteLLM's own; LiteLLM's alone where this answer is not Anthropic's. body: its beginning."""
        answer: Final = self.asked.answer
        own: Final[Sequence[tuple[bytes, bytes]]] = list(self._start["headers"])
        if answer is None or not self._is_answers(answer, body):
            return own
        theirs: Final = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in _NOT_HANDED_BACK
        ]
        # LiteLLM copies some of them, in some releases those of a body that was compressed.
        copied: Final = {*(name.encode() for name in _NOT_HANDED_BACK), b"retry-after", *(name for name, _ in theirs)}
        if "content-encoding" not in answer.headers:
            copied.discard(b"content-length")
        beside: Final = [
            (name, value)
            for name, value in own
            if name.lower() not in copied and not name.lower().startswith(b"llm_provider-")
        ]
        return [*theirs, *beside]

    def _is_answers(self, answer: httpx.Response, body: bytes) -> bool:
        """Whether what LiteLLM answers is Anthropic's answer: not a fallback's, and no refusal of LiteLLM's own."""
        failed: Final = self._start["status"] >= 400
        if _is_stream(answer):
            return (failed or _starts_with_error(body)) == _starts_with_error(self.asked.received)
        return bool(failed == (answer.status_code >= 400))

    async def _answer(self, body: bytes) -> None:
        if self._start["status"] < 400 and self._is_no_message():
            self._start = {**self._start, "status": 502}
        answer, status = self.asked.answer, self._start["status"]
        headers: Final = self._headers(body)
        if answer is None or not self._is_answers(answer, body):
            await self._send_whole(status, headers, body if status < 400 else _as_anthropics(status, body))
        elif _is_stream(answer):
            await self._send_whole(answer.status_code, headers, bytes(self.asked.received))
        elif self._route in _MESSAGES or status >= 400:
            await self._send_whole(answer.status_code, headers, self._told(answer, body))
        else:
            await self._send_whole(status, headers, body)
        self._done = True

    async def _send_whole(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        framed: Final = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        length: Final = (b"content-length", str(len(body)).encode())
        await self._send({**self._start, "status": status, "headers": [*framed, length]})
        await self._send({"type": "http.response.body", "body": body})

    def _is_no_message(self) -> bool:
        """Whether Anthropic's success is not what it should be: older releases give what they say of it the status of a success, too."""
        answer: Final = self.asked.answer
        if answer is None or self._route not in _MESSAGES or answer.status_code >= 400 or _is_stream(answer):
            return False
        return answer.is_closed and not _object(answer.content)

    def _told(self, answer: httpx.Response, body: bytes) -> bytes:
        """Anthropic's body, with what hooks changed of it; LiteLLM's where it is of another message, as one that a follow-up brought."""
        try:
            said: Final = answer.content
        except httpx.ResponseNotRead:
            return body
        theirs, ours = _object(said), _object(body)
        if answer.status_code < 400 and theirs.get("id") != ours.get("id"):
            return body
        changed: Final[Any] = functools.reduce(_with_change, self.asked.told, theirs)
        values: Final = {name: value for name, value in changed.items() if name not in theirs or theirs[name] != value}
        dropped: Final = theirs.keys() - changed.keys()
        return edited(said.decode(), members_of(said.decode()), values, dropped).encode() if values or dropped else said

    def _breaks_off(self, message: Message) -> bool:
        """Whether nothing more is sent: the stream that Anthropic did not end is not ended here either, in LiteLLM's words or without."""
        last: Final = not message.get("more_body", False)
        body: Final = message.get("body", b"")
        return self.asked.cut and (last or b"event: error" in body or _starts_with_error(body))


def _with_change(own: object, change: tuple[object, object]) -> Any:  # noqa: ANN401  # a JSON document
    return merged(own, *change)


def _is_stream(answer: httpx.Response) -> bool:
    return answer.status_code < 400 and "text/event-stream" in str(answer.headers.get("content-type"))


def _starts_with_error(received: bytes | bytearray) -> bool:
    # Some releases do not name the event of an error of LiteLLM's own.
    return received.lstrip().startswith((b"event: error", b'data: {"error"'))


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value: Final = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _as_anthropics(status: int, body: bytes) -> bytes:
    """A refusal of LiteLLM's own, in Anthropic's shape of an error."""
    said: Final = _object(body)
    error: Final = said.get("error")
    if said.get("type") == "error" and isinstance(error, dict) and error.get("type") in _ERROR_TYPES.values():
        return body
    message: Final = (
        error.get("message")
        if isinstance(error, dict)
        else error or said.get("detail") or body.decode(errors="replace")
    )
    kind: Final = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    told: Final = {"type": kind, "message": message if isinstance(message, str) else json.dumps(message)}
    return json.dumps({"type": "error", "error": told}).encode()
