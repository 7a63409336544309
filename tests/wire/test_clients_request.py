"""A client's own body is edited where it has to be, and byte for byte the client's everywhere else."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import weakref

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from litellm.litellm_core_utils.oauth_hooks import takes_over_answer
from litellm.llms.anthropic.clients_request import ClientsRequest, clients_request, serving
from litellm.llms.anthropic.json_members import edited, members_of, merged
from litellm.proxy.client_headers import SealsClientTokens
from litellm.proxy.transparency import ServesTransparently
from tests.support.credentials import oauth_token

TEXT = ' {"a": 1.50, "b" :["\\u00e9", {"a": 2}],"ü":null,\n "a":"again" } '


@pytest.mark.parametrize(
    ("values", "dropped", "expected"),
    [
        ({}, (), TEXT),
        ({"b": 7}, (), ' {"a": 1.50, "b" :7,"ü":null,\n "a":"again" } '),
        ({"new": {"x": "é"}}, (), TEXT.replace('"again" }', '"again","new":{"x":"\\u00e9"} }')),
        ({}, ("a",), ' {"b" :["\\u00e9", {"a": 2}],"ü":null } '),
        ({"ü": 1}, ("b", "a"), ' {"ü":1 } '),
        ({"new": 1}, ("a", "b", "ü"), ' {"new":1 } '),
    ],
)
def test_a_text_keeps_what_is_not_named(values: dict[str, object], dropped: tuple[str, ...], expected: str) -> None:
    """Numbers, escapes, space and order stay as they were written."""
    assert edited(TEXT, members_of(TEXT), values, dropped) == expected
    json.loads(expected)


@pytest.mark.parametrize("text", ["{}", " { } "])
def test_an_empty_object_takes_members(text: str) -> None:
    """A member is added to an object that has none."""
    assert json.loads(edited(text, members_of(text), {"a": 1}, ())) == {"a": 1}


@pytest.mark.parametrize("text", ["", "[]", "1", '{"a"}', '{"a":1', '{"a":1,}', '{"a":1 "b":2}', "{1:2}", '{"a":1} x'])
def test_what_is_no_object_is_refused(text: str) -> None:
    """Whatever a parser of JSON would not read as an object."""
    with pytest.raises(ValueError):
        members_of(text)


@pytest.mark.parametrize(
    ("own", "before", "after", "expected"),
    [
        ({"a": 1, "own": 2}, {"a": 1, "litellms": 3}, {"a": 1, "litellms": 3}, {"a": 1, "own": 2}),
        ({"a": 1, "own": 2}, {"a": 1, "litellms": 3}, {"a": 5, "litellms": 3, "new": 4}, {"a": 5, "own": 2, "new": 4}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"b": 2}, {"b": 2}),
        ([{"x": 1, "own": 2}, "y"], [{"x": 1}, "y"], [{"x": 9}, "y"], [{"x": 9, "own": 2}, "y"]),
        ([1, 2], [1, 2], [1], [1]),
        ("own", "before", "after", "after"),
        ("own", "same", "same", "own"),
    ],
)
def test_what_changed_is_put_into_the_clients_own(own: object, before: object, after: object, expected: object) -> None:
    """What LiteLLM made of a value beforehand stays out of the client's own; what a hook changed of it goes in."""
    assert merged(own, before, after) == expected


@pytest.mark.parametrize("metadata", ["3", "true"])
def test_metadata_of_a_clients_that_is_no_object_has_no_names(metadata: str) -> None:
    """LiteLLM keeps notes of its own under that name: telling them from the client's does not fail by what the client wrote there."""
    asked = ClientsRequest(b"", [])
    asked.body += f'{{"metadata": {metadata}, "max_tokens": 8}}'.encode()
    assert asked.before_hooks({"metadata": {"note": "of LiteLLM's own"}, "max_tokens": 8}) == {"metadata": {}, "max_tokens": 8}


@pytest.mark.parametrize(
    ("model", "coding"),
    [pytest.param("claude", {"content-encoding": "gzip"}, id="as it came"), pytest.param("claude-in-full", {}, id="changed")],
)
def test_a_compressed_body_is_edited_as_it_was_read(model: str, coding: dict[str, str]) -> None:
    """One that nothing changes stays packed, and says so; another is sent as LiteLLM reads it, with the change."""
    read = b' {"model":"claude", "max_tokens":8.0}'
    packed = gzip.compress(read, mtime=0)
    asked = ClientsRequest(b"", [("Content-Encoding", "gzip")])
    asked.body += packed
    asked.plain += read
    request = httpx.Request("POST", "https://a.example/v1/messages", headers={"authorization": "Bearer x"}, json={"model": model})
    asked.put_into(request)
    assert request.content == (packed if coding else read.replace(b"claude", b"claude-in-full"))
    assert dict(request.headers) == {
        "host": "a.example",
        "accept-encoding": "identity",
        "anthropic-beta": "oauth-2025-04-20",
        "anthropic-dangerous-direct-browser-access": "true",
        "authorization": "Bearer x",
        **coding,
        "content-length": str(len(request.content)),
    }


@pytest.mark.parametrize(
    ("built", "path", "expected"),
    [
        pytest.param("https://a.example/team/v1/files/a/b", b"v1/files/a%2Fb", "https://a.example/team/v1/files/a%2Fb?x=%2F", id="a base"),
        pytest.param("https://a.example/t:m/v1/a", b"v1/a%3Fb", "https://a.example/t:m/v1/a%3Fb?x=%2F", id="a base with marks"),
        pytest.param("https://a.example/team/v1/b", b"v1/a%2F..%2Fb", "https://a.example/team/v1/b?x=%2F", id="a way up"),
        pytest.param("https://a.example/elsewhere", b"v1/a%2Fb", "https://a.example/elsewhere?x=%2F", id="another path"),
    ],
)
def test_an_address_keeps_its_base_and_has_the_clients_own_path(built: str, path: bytes, expected: str) -> None:
    """What LiteLLM puts ahead of a path stays, and a path that leads out of it, or is not the one that was built, is not put in."""
    request = httpx.Request("POST", built, headers={"authorization": "Bearer x"})
    ClientsRequest(b"x=%2F", [], path).put_into(request)
    assert str(request.url) == expected


async def test_an_answer_that_hooks_leave_alone_is_served_whatever_it_holds() -> None:
    """What LiteLLM or an operator's code keeps in it need be no JSON; what a hook changes beside that is taken over."""
    asked = ClientsRequest(b"", [])
    asked.answer = httpx.Response(200)
    answer: dict[str, object] = {"id": "msg_one", "notes": object(), "numbers": {1: 2}}

    @takes_over_answer
    async def run(response: dict[str, object], change: bool) -> None:
        if change:
            response["id"] = "msg_two"

    with serving(asked):
        await run(answer, change=False)
        assert not asked.told
        await run(answer, change=True)
    ((before, after),) = asked.told
    assert isinstance(before, dict) and isinstance(after, dict)
    assert (before["id"], after["id"]) == ("msg_one", "msg_two") and before["notes"] == after["notes"]


class _Data(dict[str, object]):
    """What a call is made of, whose end can be seen."""


async def test_a_served_request_waits_for_no_garbage_collector() -> None:
    """As soon as a client is answered, what was made of its request is gone: in a cycle it would pile up, and be looked through."""
    token = oauth_token()
    made: list[weakref.ref[object]] = []
    left: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked, data = clients_request(), _Data()
        assert asked is not None
        asked.hand_on(data)
        made.extend(map(weakref.ref, (receive.__self__, data)))  # type: ignore[attr-defined]
        left.append(asked)
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    asking = iter([{"type": "http.request", "body": b"{}", "more_body": False}])

    async def receive() -> Message:
        return next(asking, None) or await asyncio.Future()

    async def send(message: Message) -> None:
        pass

    fields = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "headers": fields}
    gc.disable()
    try:
        await SealsClientTokens(ServesTransparently(app))(scope, receive, send)
        await asyncio.sleep(0.05)  # what was cancelled ends
        assert left and [each() for each in made] == [None, None]
    finally:
        gc.enable()
