"""Messages calls from Python: with an OAuth token the body that arrives is the one that the caller wrote, with an API key upstream's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

import litellm
from litellm.caching.caching import Cache
from litellm.llms.anthropic.callers_fields import unknown_fields
from litellm.llms.anthropic.oauth import OAuthToken
from tests.support.call_paths import CallPath, installed_paths
from tests.support.headers import shown, with_credential
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL
from tests.wire.conftest import Wire
from tests.wire.upstream import sent_by_upstream

_FUNCTIONS: Final = ("anthropic.messages.create", "anthropic.messages.acreate", "Router.aanthropic_messages")
_PATHS: Final = [path for path in installed_paths() if path.function in _FUNCTIONS]
_WAYS: Final = ("headers", "extra_headers", "api_key")
# What the oldest release knows of a request, what newer ones fit to the model, and what no release knows.
_WRITTEN: Final[dict[str, Any]] = {
    "max_tokens": 2048,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}],
    "system": [{"type": "text", "text": "Be brief.", "made_up": True}],
    "thinking": {"type": "enabled", "budget_tokens": 4096, "made_up": {}},
    "temperature": 0.5,
    "metadata": {"user_id": "somebody"},
    "tools": [{"name": "look", "input_schema": {"type": "object"}, "made_up": 1}],
    "output_config": {"effort": "medium", "made_up": None},
    "service_tier": "standard_only",
    "made_up_field": {"a": [1, None, "ü"]},
}
# LiteLLM's own, which say how a call is made.
_CONTROLS: Final[dict[str, Any]] = {
    "timeout": 30,
    "num_retries": 0,
    "max_retries": 0,
    "litellm_metadata": {"of": "logs"},
    "additional_drop_params": ["made_up_and_dropped"],
    "made_up_and_dropped": 1,
    "user": "of logs",
    "cache": {"no-cache": True},
    "caching": False,
    "extra_body": {"a": 1},
    "tags": ["a"],
    "made_up_and_none": None,
}


def _ask(path: CallPath, arguments: dict[str, Any], wire: Wire, **given: Any) -> Request:
    """Make a call with more arguments than the path has, and return the request it made."""
    path = replace(path, arguments={**path.arguments, **arguments})
    if path.is_async:
        asyncio.run(path.arun(**given))
    else:
        path.run(**given)
    assert wire.statuses == [200]
    return wire.requests[-1]


def _body(request: Request, path: CallPath) -> dict[str, Any]:
    """The body that arrived, without its `stream`, which is checked."""
    body = dict(json.loads(request.body))
    assert bool(body.pop("stream", False)) == path.streamed
    return body


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("path", _PATHS, ids=lambda path: path.name)
def test_a_token_leaves_what_its_caller_wrote(path: CallPath, way: str, loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """Each field arrives as it was written, none beside them, in front of the caller's own user agent and headers."""
    origin, wire = loopback
    own = {"user-agent": "a-caller/1.0", "x-app": "made-up"}
    given: dict[str, Any] = {"extra_headers": own, "api_key": names["token"]}
    if way != "api_key":
        given = {way: {**own, "Authorization": f"Bearer {names['token']}"}}
    request = _ask(path, {**_WRITTEN, **_CONTROLS}, wire, **given, **path.at(origin.url))
    assert _body(request, path) == {"model": MODEL, **_WRITTEN}
    base = {**sent_by_upstream()[path.name].headers, **own}
    assert shown(request, {**names, "host": urlsplit(origin.url).netloc}) == with_credential(base, "token")


_NEAR: Final = next(path for path in _PATHS if path.function == "anthropic.messages.acreate" and not path.streamed)


@pytest.mark.parametrize("proxied", [{}, {"proxy_server_request": {"url": "http://127.0.0.1/v1/messages", "method": "POST"}}])
def test_an_operators_credential_changes_nothing(proxied: dict[str, Any], loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """With an API key, and with the token of a proxy's operator, a field that LiteLLM does not know stays out, as upstream has it."""
    origin, wire = loopback
    key = names["token" if proxied else "api_key"]
    request = _ask(_NEAR, {**_WRITTEN, **proxied}, wire, api_key=key, api_base=origin.url)
    assert "made_up_field" not in _body(request, _NEAR)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [({"drop_params": True}, "made_up_field"), ({"additional_drop_params": ["made_up_field"]}, "thinking")],
    ids=lambda value: str(value),
)
def test_what_litellm_is_asked_to_drop_it_drops(
    asked: dict[str, Any], kept: str, loopback: tuple[Origin, Wire], names: dict[str, str]
) -> None:
    """drop_params leaves it to LiteLLM what the model takes, in what LiteLLM knows; a field that is named is left out."""
    origin, wire = loopback
    written = {name: _WRITTEN[name] for name in ("max_tokens", "thinking", "made_up_field")}
    body = _body(_ask(_NEAR, {**written, **asked}, wire, api_key=names["token"], api_base=origin.url), _NEAR)
    wire.statuses.clear()
    upstreams = _body(_ask(_NEAR, {**written, **asked}, wire, api_key=names["api_key"], api_base=origin.url), _NEAR)
    assert body == {**upstreams, kept: written[kept]}


@pytest.mark.parametrize("dropped", [3, True])
def test_what_is_no_list_of_fields_to_drop_drops_none(dropped: object) -> None:
    """LiteLLM looks at `additional_drop_params` where it wants to; a caller's fields do not fail by it."""
    assert unknown_fields({"a_field_of_tomorrow": 1, "additional_drop_params": dropped}) == {"a_field_of_tomorrow": 1}


def test_litellms_own_word_for_effort_still_becomes_anthropics(loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """What a release makes of reasoning_effort goes out, and beside it a field that LiteLLM does not know."""
    origin, wire = loopback
    written = {"max_tokens": 4096, "reasoning_effort": "low"}
    upstreams = _body(_ask(_NEAR, written, wire, api_key=names["api_key"], api_base=origin.url), _NEAR)
    wire.statuses.clear()
    body = _body(_ask(_NEAR, {**written, "made_up_field": 1}, wire, api_key=names["token"], api_base=origin.url), _NEAR)
    assert body == {**upstreams, "made_up_field": 1}


def test_a_cache_tells_apart_what_goes_out(loopback: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a token a field that LiteLLM does not know is part of an answer's key; with an API key it is not, as in the request."""
    cache = Cache()
    monkeypatch.setattr(litellm, "cache", cache)
    call = {"model": MODEL, "messages": _WRITTEN["messages"]}
    ways = {"key": {"api_key": names["api_key"]}, "api_key": {"api_key": OAuthToken(names["token"])}}
    ways["headers"] = {"extra_headers": {"Authorization": OAuthToken(names["token"])}}
    keys = {way: [cache.get_cache_key(**call, **given, made_up_field=number) for number in (1, 2, 1)] for way, given in ways.items()}
    assert keys["key"] == [cache.get_cache_key(**call)] * 3
    assert keys["api_key"] == keys["headers"] and [keys["headers"].index(key) for key in keys["headers"]] == [0, 1, 0]
    asked = {"caching": True, "max_tokens": 16}
    for number in (1, 2):
        _ask(_NEAR, {**asked, "made_up_field": number}, wire := loopback[1], api_key=names["token"], api_base=loopback[0].url)
        assert json.loads(wire.requests[-1].body)["made_up_field"] == number
        wire.statuses.clear()
