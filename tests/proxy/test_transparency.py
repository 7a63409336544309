"""With a client's own token the proxy is not there: a request is made straight to Anthropic and through the proxy, and compared."""

from __future__ import annotations

import gzip
import importlib.util
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.support.bare_client import Reply, ask, body_of_claude_code, headers_of_claude_code, opened
from tests.support.origin import Answer, Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import BASE_PATH, Scene
from tests.support.standin import MODEL

TAKES_COMPRESSED_BODIES = importlib.util.find_spec("litellm.proxy.middleware.request_body_decompression_middleware") is not None
# Of one connection each, or negotiated for it.
HOPS = {"host", "connection", "content-length", "transfer-encoding", "date", "server"}
# What a proxy of LiteLLM's says beside an answer.
LITELLMS = (
    "x-litellm-",
    "content-security-policy",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "cache-control",
    "x-accel-buffering",
)


@dataclass(frozen=True)
class Way:
    """One way to Anthropic, direct and through the proxy. base: what the proxy's own base puts ahead of the path."""

    name: str
    target: str
    through: str
    model: str
    base: str = ""
    stream: bool = False


WAYS = (
    Way("messages", "/v1/messages?beta=true", "/v1/messages?beta=true", f"anthropic/{MODEL}"),
    Way("messages-streamed", "/v1/messages?beta=true", "/v1/messages?beta=true", f"anthropic/{MODEL}", stream=True),
    Way("alias", "/v1/messages?beta=true&a=%2Fb+c", "/v1/messages?beta=true&a=%2Fb+c", "claude"),
    Way("alias-streamed", "/v1/messages", "/v1/messages", "claude", stream=True),
    Way("count_tokens", "/v1/messages/count_tokens?beta=true", "/v1/messages/count_tokens?beta=true", "claude"),
    Way("pass-through", "/v1/messages?beta=true", "/anthropic/v1/messages?beta=true", MODEL, BASE_PATH),
    Way("pass-through-streamed", "/v1/messages?beta=true", "/anthropic/v1/messages?beta=true", MODEL, BASE_PATH, stream=True),
    Way("pass-through-count", "/v1/messages/count_tokens?beta=true", "/anthropic/v1/messages/count_tokens?beta=true", MODEL, BASE_PATH),
)
STREAMED = tuple(way for way in WAYS if way.stream)


def _error(kind: str, message: str) -> bytes:
    error = {"type": kind, "message": message}
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"}, indent=1).encode()


_HEADERS = {
    "content-type": "application/json",
    "request-id": "req_1",
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000001",
    "anthropic-ratelimit-unified-status": "allowed",
    "anthropic-ratelimit-unified-5h-utilization": "0.42",
    "cf-ray": "0-XXX",
}
# Some releases compress what is longer than 500 bytes.
_MESSAGE = (
    b'{ "id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text",'
    b'"text":"' + b"Gr\xc3\xbc\xc3\x9fe " * 100 + b'"}],"stop_reason":"end_turn","stop_sequence":null,"new_field":{"a":1.50},'
    b'"usage":{"input_tokens":3,"output_tokens":5,"service_tier":"standard"} }'
)
_LIMITED = {**_HEADERS, "retry-after": "17", "x-should-retry": "true", "anthropic-ratelimit-unified-status": "rejected"}
REFUSALS = {
    400: Answer(400, _error("invalid_request_error", "messages: at least one message is required. " * 20), _HEADERS),
    # Claude Code gets itself a new token on these words.
    401: Answer(
        401, _error("authentication_error", "OAuth token has expired. Please obtain a new token or refresh your existing token."), _HEADERS
    ),
    403: Answer(403, _error("permission_error", "This credential is only authorized for use with Claude Code."), _HEADERS),
    404: Answer(404, _error("not_found_error", f"model: {MODEL}"), _HEADERS),
    413: Answer(413, _error("request_too_large", "Request exceeds the maximum size"), _HEADERS),
    429: Answer(429, _error("rate_limit_error", "This request would exceed your account's rate limit."), _LIMITED),
    500: Answer(500, _error("api_error", "Internal server error"), {**_HEADERS, "x-should-retry": "true"}),
    529: Answer(529, _error("overloaded_error", "Overloaded"), {**_HEADERS, "x-should-retry": "true"}),
}


def _event(kind: str, **data: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data}, ensure_ascii=False)}\n\n".encode()


_STREAM = {**_HEADERS, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
_START = _event("message_start", message={**json.loads(_MESSAGE), "content": [], "stop_reason": None})
_EVENTS = (
    _START,
    _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    _event("ping"),
    _event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Grüße"}),
    _event("content_block_delta", index=0, delta={"type": "a_new_delta", "of": 1}),
    _event("content_block_stop", index=0),
    _event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 5}),
    _event("message_stop"),
)
_OVERLOADED = _event("error", error={"details": None, "type": "overloaded_error", "message": "Overloaded"}, request_id="req_1")
_LIMIT = _event("error", error={"details": None, "type": "rate_limit_error", "message": "Limited"}, request_id="req_1")
STREAMS = {
    "whole": Answer(200, _EVENTS, _STREAM),
    "compressed": Answer(200, gzip.compress(b"".join(_EVENTS)), {**_STREAM, "content-encoding": "gzip"}),
    "overloaded-at-once": Answer(200, (_OVERLOADED,), _STREAM),
    "limited-at-once": Answer(200, (_LIMIT,), _STREAM),
    "overloaded-on-the-way": Answer(200, (*_EVENTS[:4], _OVERLOADED), _STREAM),
    "limited-on-the-way": Answer(200, (*_EVENTS[:4], _LIMIT), _STREAM),
    "cut-off": Answer(200, _EVENTS[:4], _STREAM, pause=0.05, breaks_off=True),
}


@pytest.fixture
def token(stage: Scene) -> Iterator[str]:
    made = stage.token()
    yield made
    stage.judge.answers.pop(made, None)


def _headers(stage: Scene, token: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    mine = [
        ("x-litellm-api-key", f"Bearer {stage.litellm_key}"),
        ("cookie", "session=1"),
        ("x-litellm-tags", "one"),
        ("X-Forwarded-For", "10.0.0.1"),
    ]
    return [*headers_of_claude_code(token), *more, *mine]


def _both(stage: Scene, proxy: Proxy, way: Way, token: str) -> tuple[Reply, Reply]:
    """The answers to one request, direct and through the proxy."""
    direct = ask(stage.anthropic.url, way.target, headers_of_claude_code(token), body_of_claude_code(MODEL, stream=way.stream))
    stage.clear()
    return direct, ask(proxy.url, way.through, _headers(stage, token), body_of_claude_code(way.model, stream=way.stream))


def _sent(request: Request) -> dict[str, str]:
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names)), f"a header came twice: {names}"
    return {name.lower(): value for name, value in request.headers if name.lower() not in HOPS - {"content-length"}}


def _given(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers if name not in HOPS and not name.startswith(LITELLMS)}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_request_arrives_as_it_was_made(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """Method, path, query, every header and every byte of the body but the model's name: nothing is added, dropped or rewritten."""
    stage.clear()
    ask(stage.anthropic.url, way.target, headers_of_claude_code(token), body_of_claude_code(MODEL, stream=way.stream))
    (direct,) = stage.anthropic.requests
    stage.clear()
    ask(proxy.url, way.through, _headers(stage, token), body_of_claude_code(way.model, stream=way.stream))
    (through,) = stage.anthropic.requests
    assert (through.method, through.target) == (direct.method, way.base + direct.target)
    assert _sent(through) == _sent(direct)
    assert through.body == direct.body


@pytest.mark.parametrize("path", ["files/a%2Fb%3Ac", "files/a%3Fb=1", "files/a%23b", "files/a%2541", "files/%C3%A9?after_id=%2F&a=b+c&&d"])
def test_a_path_arrives_as_it_was_written(stage: Scene, proxy: Proxy, token: str, path: str) -> None:
    """A coded slash, question mark, hash or percent sign stays one: undone, it would be the address of something else."""
    stage.clear()
    ask(proxy.url, f"/anthropic/v1/{path}", _headers(stage, token), b"", "GET")
    (through,) = stage.anthropic.requests
    assert (through.method, through.target, through.body) == ("GET", f"{BASE_PATH}/v1/{path}", b"")


def test_a_form_arrives_as_it_was_made(stage: Scene, proxy: Proxy, token: str) -> None:
    """What a form is read into is LiteLLM's affair: each byte of it goes on."""
    headers = [(name, value) for name, value in _headers(stage, token) if name != "content-type"]
    stage.clear()
    ask(proxy.url, "/anthropic/v1/form", [*headers, ("content-type", "application/x-www-form-urlencoded")], b"a=b+c&&d=%2F&a=")
    (through,) = stage.anthropic.requests
    assert (through.method, through.target, through.body) == ("POST", f"{BASE_PATH}/v1/form", b"a=b+c&&d=%2F&a=")
    assert _sent(through)["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.skipif(not TAKES_COMPRESSED_BODIES, reason="this release reads no compressed body")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_compressed_body_arrives_as_it_was_made(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """Where nothing of it changes it stays compressed, and says so; with the model's name resolved it is sent plain."""
    coded = ("content-encoding", "gzip")
    stage.clear()
    packed = gzip.compress(body_of_claude_code(MODEL, stream=way.stream))
    ask(stage.anthropic.url, way.target, [*headers_of_claude_code(token), coded], packed)
    (direct,) = stage.anthropic.requests
    expected = _sent(direct)
    if way.model != MODEL:
        expected["content-length"] = str(len(direct.body))
        del expected["content-encoding"]
    stage.clear()
    ask(proxy.url, way.through, _headers(stage, token, coded), gzip.compress(body_of_claude_code(way.model, stream=way.stream)))
    (through,) = stage.anthropic.requests
    assert _sent(through) == expected
    assert through.body == direct.body


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_refusal_comes_back_as_it_was_given(stage: Scene, proxy: Proxy, token: str, way: Way, status: int) -> None:
    """Status, every header of Anthropic's and every byte: its wording is what Claude Code goes by."""
    stage.judge.answers[token] = REFUSALS[status]
    direct, through = _both(stage, proxy, way, token)
    assert (through.status, through.body) == (direct.status, direct.body)
    assert _given(through) == _given(direct)
    assert len(stage.anthropic.requests) == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_litellm_would_mend_is_the_clients_to_mend(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """A thinking block that Anthropic refuses is not taken out, and the request not sent again: the client hears of it."""
    message = "messages.1.content.0: Invalid `signature` in `thinking` block"
    stage.judge.answers[token] = Answer(400, _error("invalid_request_error", message), _HEADERS)
    direct, through = _both(stage, proxy, way, token)
    assert (through.status, through.body, len(stage.anthropic.requests)) == (direct.status, direct.body, 1)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
@pytest.mark.parametrize("way", [way for way in WAYS if not way.stream], ids=lambda way: way.name)
def test_an_answer_comes_back_as_it_was_given(stage: Scene, proxy: Proxy, token: str, way: Way, compressed: bool) -> None:
    """Every header and every byte of a message, its model and what LiteLLM does not know included."""
    said = b'{ "input_tokens": 3, "new": 1 }' if "count" in way.name else _MESSAGE
    zipped = {**_HEADERS, "content-encoding": "gzip"}
    stage.judge.answers[token] = Answer(200, gzip.compress(said), zipped) if compressed else Answer(200, said, _HEADERS)
    direct, through = _both(stage, proxy, way, token)
    assert (through.status, through.body) == (direct.status, said)
    assert _given(through) == {name: value for name, value in _given(direct).items() if name != "content-encoding"}


@pytest.mark.parametrize("answer", STREAMS)
@pytest.mark.parametrize("way", STREAMED, ids=lambda way: way.name)
def test_a_stream_comes_back_as_it_was_given(stage: Scene, proxy: Proxy, token: str, way: Way, answer: str) -> None:
    """Every byte of it, errors at its start and on its way included; where Anthropic's breaks off, so does the proxy's."""
    stage.judge.answers[token] = STREAMS[answer]
    direct, through = _both(stage, proxy, way, token)
    said = STREAMS[answer].body
    whole = said if isinstance(said, tuple) else (gzip.decompress(said),)
    assert (through.status, through.body, through.broken) == (direct.status, b"".join(whole), direct.broken)
    assert _given(through) == {name: value for name, value in _given(direct).items() if name != "content-encoding"}


@pytest.mark.parametrize("way", STREAMED, ids=lambda way: way.name)
def test_each_event_comes_as_it_is_sent(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """The first event is there long before the last one is sent."""
    stage.judge.answers[token] = Answer(200, _EVENTS, _STREAM, pause=0.1)
    connection = opened(proxy.url, way.through, _headers(stage, token), body_of_claude_code(way.model, stream=True))
    answer = connection.getresponse()
    assert answer.read1(65536) == _START
    connection.close()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_client_that_goes_away_ends_the_request_to_anthropic(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """Nothing goes on at Anthropic, and at the client's expense, for a client that has left."""
    slow = Answer(200, _EVENTS * 20, _STREAM, pause=0.1) if way.stream else Answer(200, _MESSAGE, _HEADERS, pause=10)
    stage.judge.answers[token] = slow
    stage.clear()
    connection = opened(proxy.url, way.through, _headers(stage, token), body_of_claude_code(way.model, stream=way.stream))
    _wait_until(lambda: bool(stage.anthropic.requests))
    if way.stream:
        connection.getresponse().read1(65536)
    connection.close()
    _wait_until(lambda: bool(stage.anthropic.left))


def _wait_until(comes: object, seconds: float = 4.0) -> None:
    deadline = time.monotonic() + seconds
    while not comes():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.mark.parametrize("way", [way for way in WAYS if not way.base and "count" not in way.name], ids=lambda way: way.name)
def test_what_litellm_refuses_itself_has_anthropics_shape(stage: Scene, proxy: Proxy, token: str, way: Way) -> None:
    """An unknown model, a body that is none and a missing LiteLLM key: an error as Anthropic writes one, and nothing is sent."""
    stage.clear()
    unknown = replace(way, model="no-such-model")
    for headers, body in (
        (_headers(stage, token), body_of_claude_code(unknown.model, stream=way.stream)),
        (_headers(stage, token), b'{"model": '),
        (headers_of_claude_code(token), body_of_claude_code(way.model, stream=way.stream)),
    ):
        reply = ask(proxy.url, way.through, headers, body)
        said = json.loads(reply.body)
        assert reply.status >= 400 and (said["type"], set(said["error"])) == ("error", {"type", "message"}), reply.body
        assert dict(reply.headers)["content-type"] == "application/json"
    assert not stage.anthropic.requests


@pytest.mark.parametrize(
    ("name", "stream"),
    [("gpt", False), ("gpt", True), ("bedrock", False), ("third", False), ("third", True)],
    ids=lambda value: str(value).lower(),
)
def test_a_fallback_gets_nothing_of_the_clients(stage: Scene, proxy: Proxy, token: str, name: str, stream: bool) -> None:
    """Another provider gets LiteLLM's own request without any header of the client's, and its answer reaches the client."""
    stage.judge.answers[token] = REFUSALS[429]
    stage.clear()
    plain = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16, "stream": stream}
    body = json.dumps({"model": f"claude-or-{name}", **plain}).encode()
    reply = ask(proxy.url, "/v1/messages?beta=true", _headers(stage, token), body)
    (asked,) = [*stage.third.requests, *stage.other_calls()]
    assert reply.status == 200 and not {"request-id", "retry-after"} & dict(reply.headers).keys()
    clients = {header for header in headers_of_claude_code(token) if header[0].startswith(("user-agent", "x-", "sec-", "accept-l"))}
    assert not {(header.lower(), value) for header, value in asked.headers} & (clients - {("x-stainless-retry-count", "0")})
    assert "beta=true" not in asked.target


@pytest.mark.parametrize("way", [way for way in WAYS if not way.base and "count" not in way.name], ids=lambda way: way.name)
def test_with_the_operators_key_litellm_is_what_it_was(stage: Scene, proxy: Proxy, way: Way) -> None:
    """Without a token a request is LiteLLM's: its own user agent, its own reading of the body, its own words."""
    headers = [(name, value) for name, value in _headers(stage, "") if name != "authorization"]
    stage.clear()
    ask(proxy.url, way.through, headers, body_of_claude_code(way.model, stream=way.stream))
    (request,) = stage.anthropic.requests
    assert "x-app" not in _sent(request) and "claude-cli" not in _sent(request)["user-agent"] and b"something_new" not in request.body
