"""Where a token from a caller's headers may go: Anthropic's own origin, and those the operator lists. Every call path asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

import litellm
from tests.support.call_paths import CallPath, installed_paths
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL, Anthropic
from tests.wire.conftest import Wire

SETTING = "LITELLM_ANTHROPIC_OAUTH_ORIGINS"
_PATHS = [pytest.param(path, id=path.name) for path in installed_paths() if path.header_parameters]
_MESSAGES = [{"role": "user", "content": "Say hello."}]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _make(path: CallPath, **given: Any) -> None:
    if path.is_async:
        await path.arun(**given)
    else:
        await asyncio.to_thread(path.run, **given)


def _text_of(request: Request) -> str:
    return f"{request.target} {request.headers} {request.body!r}"


@pytest.fixture
def third_party(names: dict[str, str]) -> Iterator[tuple[Origin, Wire]]:
    """Somebody else's Anthropic-compatible origin, which no setting lists."""
    wire = Wire(Anthropic(), names["bearer"])
    with Origin(wire) as origin:
        yield origin, wire


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", _PATHS)
async def test_an_unlisted_origin_gets_the_deployments_key(path: CallPath, third_party: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """With a third-party api_base and a key for it, the key goes out and the token of the caller's headers does not, nor its beta."""
    origin, wire = third_party
    await _make(path, api_key=names["api_key"], api_base=origin.url, extra_headers=_bearer(names["token"]))
    assert [request.header("x-api-key") for request in wire.requests] == [names["api_key"]] * len(wire.requests) != []
    for request in wire.requests:
        assert names["token"] not in _text_of(request)
        assert "oauth-2025-04-20" not in _text_of(request)
        assert request.header("authorization") is None


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", _PATHS)
async def test_an_unlisted_origin_without_a_key_is_an_error_that_names_the_setting(
    path: CallPath, third_party: tuple[Origin, Wire], names: dict[str, str]
) -> None:
    """With nothing else to send, the call fails before a request is made, and says which setting would allow it."""
    origin, wire = third_party
    with pytest.raises(Exception, match=SETTING) as raised:
        await _make(path, api_base=origin.url, extra_headers=_bearer(names["token"]))
    assert names["token"] not in str(raised.value)
    assert wire.requests == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("variable", ["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"])
@pytest.mark.parametrize("path", _PATHS)
async def test_the_origin_rule_holds_for_a_base_from_the_environment(
    path: CallPath, variable: str, third_party: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base that the environment sets is judged as one given in the call."""
    origin, wire = third_party
    monkeypatch.setenv(variable, origin.url)
    with pytest.raises(Exception, match=SETTING):
        await _make(path, extra_headers=_bearer(names["token"]))
    assert wire.requests == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", _PATHS)
async def test_a_listed_origin_gets_the_token(
    path: CallPath, third_party: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An origin listed among others in the environment variable gets the token, whatever key is set beside it."""
    origin, wire = third_party
    monkeypatch.setenv(SETTING, f"https://gateway.example, {origin.url}/")
    await _make(path, api_key=names["api_key"], api_base=origin.url, extra_headers=_bearer(names["token"]))
    assert {request.header("authorization") for request in wire.requests} == {f"Bearer {names['token']}"}
    assert {request.header("x-api-key") for request in wire.requests} == {None}


@pytest.mark.asyncio(loop_scope="session")
async def test_an_origin_listed_in_code_gets_the_token(
    third_party: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`litellm.anthropic_oauth_origins` is the same list."""
    origin, wire = third_party
    monkeypatch.setattr(litellm, "anthropic_oauth_origins", [origin.url], raising=False)
    await litellm.acompletion(
        model=f"anthropic/{MODEL}", messages=_MESSAGES, max_tokens=16, api_base=origin.url, extra_headers=_bearer(names["token"])
    )
    assert [request.header("authorization") for request in wire.requests] == [f"Bearer {names['token']}"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("way", ["api_key", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
async def test_a_configured_token_follows_the_configured_base(
    way: str, third_party: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever configured the token configured the api_base: it goes there, listed or not."""
    origin, wire = third_party
    given = {"api_key": names["token"]} if way == "api_key" else {}
    if way != "api_key":
        monkeypatch.setenv(way, names["token"])
    await litellm.acompletion(model=f"anthropic/{MODEL}", messages=_MESSAGES, max_tokens=16, api_base=origin.url, **given)
    assert [request.header("authorization") for request in wire.requests] == [f"Bearer {names['token']}"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "base",
    [
        "http://api.anthropic.com",
        "https://api.anthropic.com:8443",
        "https://api.anthropic.com.evil.example",
        "https://evil.example/api.anthropic.com",
        "https://api.anthropic.com@evil.example",
        "https://api.anthropic.com:443@evil.example",
        "https://evil.example#@api.anthropic.com",
        "https://evil.example?https://api.anthropic.com",
        "https://evil.example\\@api.anthropic.com",
        "https://listed.example:8443",
        "http://listed.example",
        "https://sub.listed.example",
    ],
)
@pytest.mark.parametrize("function", ["acompletion", "anthropic.messages.acreate", "aretrieve_batch", "alist_skills"])
async def test_what_only_looks_like_an_allowed_origin_gets_no_token(
    function: str, base: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another scheme, port or host than an allowed origin's is another origin, and user information is no host."""
    monkeypatch.setenv(SETTING, "https://listed.example")
    path = next(path for path in installed_paths() if path.name == function)
    with respx.mock(using="httpx", assert_all_called=False) as router:
        router.route().mock(return_value=httpx.Response(500))
        with pytest.raises(Exception) as raised:
            await path.arun(api_base=base, extra_headers=_bearer(names["token"]))
        assert [call.request for call in router.calls] == []
    assert SETTING in str(raised.value)
    assert names["token"] not in str(raised.value)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "base",
    ["https://api.anthropic.com", "https://api.anthropic.com:443", "HTTPS://API.Anthropic.com", "https://api.anthropic.com/v1/messages"],
)
async def test_anthropic_itself_gets_the_token_however_it_is_written(base: str, wire: Wire, names: dict[str, str]) -> None:
    """Case, the default port and a path do not make Anthropic's origin another one."""
    await litellm.acompletion(
        model=f"anthropic/{MODEL}", messages=_MESSAGES, max_tokens=16, api_base=base, extra_headers=_bearer(names["token"])
    )
    assert [request.header("authorization") for request in wire.requests] == [f"Bearer {names['token']}"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "setting", ["gateway.example", "https://gateway.example/v1", "http://gateway.example", "https://u@gateway.example", "*"]
)
async def test_a_setting_that_is_no_origin_is_an_error_that_shows_the_entry(
    setting: str, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error in the list is reported, with the entry, before anything is sent: it must neither open nor close the list silently."""
    monkeypatch.setenv(SETTING, setting)
    with pytest.raises(Exception, match=SETTING) as raised:
        await litellm.acompletion(model=f"anthropic/{MODEL}", messages=_MESSAGES, max_tokens=16, extra_headers=_bearer(names["token"]))
    assert setting in str(raised.value)
    assert wire.requests == []
