"""The request that a client made with its own token: kept beside the call LiteLLM makes of it, and sent in that call's place.

Anthropic asks of a gateway to leave headers and body alone in both directions. Upstream reads a request into arguments and writes another
from them, with its own user agent and without what it does not know. What is kept here holds no credential and belongs to one request; a
call that LiteLLM makes by itself while it serves that request does not see it.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own headers and body for a request with a client's own token, and answers as Anthropic did.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import functools
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote

import httpx
from aiohttp import ClientPayloadError

from litellm.llms.anthropic.json_members import Member, edited, members_of, merged
from litellm.llms.anthropic.oauth import BETA_HEADER, OAUTH_BETA, holds_token
from litellm.llms.custom_httpx.client_hooks import aiohttp_answer

# RFC 9110, section 7.6.1, and what frames a message.
_PER_HOP: Final = (
    "connection content-encoding content-length expect keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade"
)
HOP_BY_HOP: Final = frozenset(_PER_HOP.split())
# Of the way to the proxy, not of the client.
_OF_THE_WAY: Final = frozenset({*HOP_BY_HOP, "cookie", "forwarded", "host", "via", "x-real-ip"})
_NOT_ANTHROPICS: Final = ("x-litellm-", "x-forwarded-")
_BROWSER_HEADER: Final = "anthropic-dangerous-direct-browser-access"
_WRITTEN: Final = frozenset({"authorization", "x-api-key", BETA_HEADER, _BROWSER_HEADER})
# Where a client names none, LiteLLM's is the true one.
_UNLESS_GIVEN: Final = ("anthropic-version", "user-agent")
# What httpx undoes without more packages than it has.
_CODINGS: Final = frozenset({"gzip", "deflate", "identity"})
_EXTENSION: Final = "clients_request"
# RFC 3986, section 3.3.
_SAFE: Final = "/!$&'()*+,;=:@"

_current: Final[contextvars.ContextVar[ClientsRequest | None]] = contextvars.ContextVar("clients_request", default=None)


class ClientsRequest:
    """One request of a client's, as it came in, and Anthropic's last answer to it, as it was given.

    path (of a pass-through, behind its own), query, headers: as they came. body: grows as it is read. plain: what LiteLLM reads of it,
    without its content coding. received: what has come of the answer's body, while `noting`. cut: whether that broke off. told: what
    hooks made of the answer, before and after. left: set once the client has gone away.
    """

    def __init__(self, query: bytes, headers: Sequence[tuple[str, str]], path: bytes = b"") -> None:
        per_hop: Final = _OF_THE_WAY | {
            part.strip().lower()
            for part in ",".join(v for name, v in headers if name.lower() == "connection").split(",")
        }
        self.path, self.query = path, query
        self.headers: Sequence[tuple[str, str]] = [
            (name, value)
            for name, value in headers
            if name.lower() not in per_hop and not name.lower().startswith(_NOT_ANTHROPICS) and not holds_token(value)
        ]
        self._coding: Final = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
        self.body = bytearray()
        self.plain = bytearray() if self._coding else self.body
        self.answer: httpx.Response | None = None
        self.received = bytearray()
        self.noting = True
        self.cut = False
        self.told: list[tuple[object, object]] = []  # mutable-ok: grows hook by hook
        self.left = asyncio.Event()
        self._handed: Mapping[str, object] = {}
        self._values: dict[str, object] = {}  # mutable-ok: as told
        self._dropped: set[str] = set()  # mutable-ok: as told

    async def leave(self) -> None:
        """End what goes on at Anthropic, for a client that has gone away."""
        self.left.set()
        if self.answer is not None:
            if (inner := aiohttp_answer(self.answer)) is not None:
                inner.close()  # httpx does not reach it in older releases
            await self.answer.aclose()

    def let_go(self) -> None:
        """It has been served: whoever still holds it, as httpx's cycle of stream and response does, holds nothing that was made of it."""
        self.answer, self._handed = None, {}

    @functools.cached_property
    def _members(self) -> Sequence[Member]:
        try:
            return members_of(self.plain.decode())
        except ValueError:
            return []

    @functools.cached_property
    def _asked(self) -> Mapping[str, object]:
        return {member.name: member.value for member in self._members}

    def before_hooks(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """What hooks may change of a request's data, apart from whatever they do to it."""
        asked: Final = self._asked
        return {
            name: asked[name] if name in asked and asked[name] == value else copy.deepcopy(value)
            for name, value in self._anthropics(data).items()
        }

    def after_hooks(self, before: Mapping[str, object], data: Mapping[str, object]) -> None:
        """Take over what hooks changed, added and took away."""
        after: Final = self._anthropics(data)
        for name in before.keys() | after.keys():
            if name not in after:
                self._values.pop(name, None)
                self._dropped.add(name)
            elif name not in before or after[name] != before[name]:
                own = self._values.get(name, self._asked.get(name))
                self._values[name] = copy.deepcopy(merged(own, before.get(name), after[name]))
                self._dropped.discard(name)

    def hand_on(self, data: Mapping[str, object]) -> None:
        """Remember the data that a call is now made of: by it, that call is told from those that LiteLLM makes by itself."""
        self._handed = data

    def is_handed_on_by(self, call: str, arguments: Mapping[str, object]) -> bool:
        """Whether a call, by its name and arguments, is the one that is made of this request."""
        return call == "anthropic_messages" and arguments.get("messages") == self._handed.get("messages")

    def put_into(self, request: httpx.Request) -> None:
        """Make a request that LiteLLM built, with the client's token in it, the client's own: its address and its credential stay."""
        built: Final = request.headers
        own: Final = [
            (name, value) for name, value in self.headers if name.lower() not in _WRITTEN | {"accept-encoding"}
        ]
        given: Final = {name.lower() for name, _ in own}
        changed: Final = self._changed_body(request)
        headers: Final = [
            *own,
            *([("content-encoding", self._coding)] if self._coding and changed is None else ()),
            *((name, built[name]) for name in _UNLESS_GIVEN if name not in given and name in built),
            ("accept-encoding", self._codings()),
            (BETA_HEADER, self._betas()),
            (_BROWSER_HEADER, "true"),
            ("authorization", built["authorization"]),
        ]
        extensions: Final = {**request.extensions, _EXTENSION: self}
        fields: Final = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        # This very object is what httpx goes on to send.
        vars(request).update(
            vars(
                httpx.Request(
                    request.method,
                    self._url_for(request.url),
                    headers=fields,
                    content=bytes(self.body) if changed is None else changed,
                    extensions=extensions,
                )
            )
        )

    def _url_for(self, built: httpx.URL) -> httpx.URL:
        """The address that LiteLLM built, with path and query as the client wrote them."""
        if b"%" not in self.path:
            return built.copy_with(query=self.query) if self.query else built
        # Upstream undoes the coding of a path twice, and takes what is behind a coded `?` or `#` off.
        read: Final = httpx.URL(unquote(self.path.decode("ascii"))).path
        # No path that leads upwards is the one that was built: httpx has resolved that.
        if not built.path.endswith(read):
            return built.copy_with(query=self.query or None)
        base: Final = quote(built.path.removesuffix(read), safe=_SAFE).encode()
        return built.copy_with(raw_path=base + self.path + (b"?" + self.query if self.query else b""))

    def _betas(self) -> str:
        asked: Final = [value for name, value in self.headers if name.lower() == BETA_HEADER]
        betas: Final = [beta.strip() for beta in ",".join(asked).split(",") if beta.strip()]
        each: Final = list(dict.fromkeys([*betas, OAUTH_BETA]))
        return asked[0] if len(asked) == 1 and each == betas else ",".join(each)

    def _codings(self) -> str:
        asked: Final = ",".join(value for name, value in self.headers if name.lower() == "accept-encoding")
        known: Final = [
            coding.strip() for coding in asked.split(",") if coding.partition(";")[0].strip().lower() in _CODINGS
        ]
        return ", ".join(known) or "identity"

    def _changed_body(self, request: httpx.Request) -> bytes | None:
        """The body with what LiteLLM resolves and hooks changed of it; None where that is nothing."""
        if not self._members:
            # Of what is said to be JSON, and is not to be read as it, guardrails have seen what LiteLLM made of it, and no more.
            is_json: Final = any(
                "json" in value.lower() for name, value in self.headers if name.lower() == "content-type"
            )
            return request.content if is_json and bytes(self.plain).strip() not in (b"", b"{}") else None
        built: Final = json.loads(request.content)
        if self._asked.keys().isdisjoint(built):
            return request.content  # LiteLLM has read it as something else, as a form
        # LiteLLM resolves these two, and reads the answer by them.
        resolved: Final = {
            name: built.get(name, False)
            for name in ("model", "stream")
            if (built.get(name) or False) != (self._asked.get(name) or False)
        }
        dropped: Final = {name for name in self._asked if name in _names()[1]} | self._dropped
        if not (resolved or dropped or self._values):
            return None
        return edited(self.plain.decode(), self._members, {**self._values, **resolved}, dropped).encode()

    def _anthropics(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """What goes to Anthropic of a request's data: what the client named, and what Anthropic knows."""
        anthropics, litellms = _names()
        told: Final = {
            name: value
            for name, value in data.items()
            if name not in litellms and (name in self._asked or name in anthropics)
        }
        given, asked = told.pop("metadata", None), self._asked.get("metadata")
        # LiteLLM and its guardrails keep notes of their own there.
        names: Final = {"user_id", *(asked if isinstance(asked, Mapping) else ())}
        metadata: Final = (
            {name: given[name] for name in given if name in names} if isinstance(given, Mapping) else given
        )
        return {**told, "metadata": metadata} if metadata or "metadata" in self._asked else told

    def answered_with(self, response: httpx.Response) -> None:
        """Keep Anthropic's answer, whoever reads it."""
        self.answer, self.cut = response, False
        self.received.clear()
        read: Final = response.aiter_bytes

        async def noted(chunk_size: int | None = None) -> AsyncIterator[bytes]:
            try:
                async for part in read(chunk_size):
                    if self.noting:
                        self.received += part
                    yield part
                # Older releases take an answer that broke off for a whole one.
                self.cut = (inner := aiohttp_answer(response)) is not None and isinstance(
                    inner.content.exception(), ClientPayloadError
                )
            except (httpx.TransportError, httpx.StreamError):
                # Once the client has left, this is how its request to Anthropic was ended.
                if not self.left.is_set():
                    self.cut = True
                    raise

        setattr(response, "aiter_bytes", noted)  # noqa: B010  # a method of this one response


@functools.cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """The names in a body that Anthropic is known to have, and those that are LiteLLM's own."""
    from litellm.types.llms.anthropic import AnthropicMessagesRequest
    from litellm.types.utils import all_litellm_params

    anthropics: Final = frozenset(AnthropicMessagesRequest.__annotations__) - {"litellm_metadata", "model", "stream"}
    return anthropics, frozenset(all_litellm_params) - anthropics - {"model", "stream"}


def clients_request() -> ClientsRequest | None:
    """The client's request that is being served, if it came with a client's own token; None within calls that LiteLLM makes by itself."""
    return _current.get()


def request_answered(response: httpx.Response) -> ClientsRequest | None:
    """The client's request that a response answers; None for any other."""
    asked: Final = response.request.extensions.get(_EXTENSION)
    return asked if isinstance(asked, ClientsRequest) else None


@contextlib.contextmanager
def serving(asked: ClientsRequest | None) -> Iterator[None]:
    """Within the context this is the client's request that is served, or none is."""
    token: Final = _current.set(asked)
    try:
        yield
    finally:
        _current.reset(token)


def hidden_from(call: str, arguments: Mapping[str, object]) -> contextlib.AbstractContextManager[None]:
    """A context for a public call of LiteLLM's: the client's request is hidden from it, unless the call is what is made of that request."""
    asked: Final = clients_request()
    return contextlib.nullcontext() if asked is None or asked.is_handed_on_by(call, arguments) else serving(None)
