"""The exit by itself: whatever an entrance lets through, LiteLLM's HTTP clients send no client's token where it may not go."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping
from typing import Any

import fastapi
import httpx
import pytest

import litellm
from litellm.litellm_core_utils import oauth_scope
from litellm.llms.anthropic import oauth
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler
from litellm.llms.openai.common_utils import BaseOpenAILLM
from tests.support.origin import Answer, Origin, Request
from tests.support.standin import MODEL, Anthropic
from tests.support.watching import tokens_in
from tests.wire.others import OTHERS, destination

_MESSAGES = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def no_entrance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A LiteLLM whose public calls neither seal nor scope what their callers send in headers."""
    monkeypatch.setattr(oauth, "sealed", lambda headers: headers)
    monkeypatch.setattr(oauth_scope, "_scoped", lambda signature, args, kwargs: (args, kwargs))


@pytest.fixture
def anywhere() -> Iterator[Origin]:
    """An origin that no setting lists."""
    with Origin(lambda request: Answer(200, b"{}")) as origin:
        yield origin


def _sent(url: str, headers: Mapping[str, str]) -> None:
    HTTPHandler().post(url, headers=dict(headers), json={})


def _headers(request: Request) -> dict[str, str]:
    ours = ("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent")
    return {name.lower(): value for name, value in request.headers if name.lower() not in ours}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["completion", "acompletion", "anthropic.messages.acreate", "aresponses"])
@pytest.mark.parametrize("provider", [*OTHERS, "third party"])
async def test_without_the_entrance_no_token_gets_past_the_exit(
    provider: str, call: str, other: Origin, names: dict[str, str], no_entrance: None
) -> None:
    """Scoping switched off, another provider and an Anthropic that is not listed still get nothing of a token in the caller's headers."""
    model, needs = OTHERS.get(provider, (f"anthropic/{MODEL}", {"api_key": names["api_key"]}))
    asked: dict[str, Any] = {"input": "Say hello."} if call == "aresponses" else {"messages": _MESSAGES, "max_tokens": 16}
    headers = {"Authorization": f"Bearer {names['token']}", "x-notes": f"mine is {names['token']}", "x-kept": "yes"}
    try:
        answer = operator.attrgetter(call)(litellm)(
            model=model, extra_headers=headers, **asked, **needs, **destination(provider, other.url)
        )
        if call != "completion":
            await answer
    except litellm.exceptions.APIError:
        pass  # without its credential a call may fail; what arrived is what matters
    except Exception as error:
        assert not tokens_in(error)
    assert other.requests, "nothing arrived: what is asserted of the requests was asserted of none"
    reached = tokens_in([(request.target, request.headers, request.body) for request in other.requests])
    assert not reached


def test_a_header_that_holds_a_token_is_taken_off_and_the_rest_arrives(anywhere: Origin, names: dict[str, str]) -> None:
    """In no header does a token leave for an origin that is not listed, and no other header goes with it."""
    held = {
        "Authorization": f"Bearer {names['token']}",
        "api-key": names["token"],
        "Cookie": f"a=b; c={names['token']}",
        "x-notes": f"'{names['token']}'",
    }
    _sent(anywhere.url, {**held, "x-kept": "yes"})
    assert [_headers(request) for request in anywhere.requests] == [{"x-kept": "yes"}]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_asynchronous_client_is_an_exit_too(anywhere: Origin, names: dict[str, str]) -> None:
    """The same over LiteLLM's aiohttp transport."""
    await AsyncHTTPHandler().post(anywhere.url, headers={"x-api-key": names["token"], "x-kept": "yes"}, json={})
    assert [_headers(request) for request in anywhere.requests] == [{"x-kept": "yes"}]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_session_of_the_operators_is_an_exit_too(anywhere: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of httpx's that was set for all of OpenAI's calls sends no token elsewhere, the synchronous and the other one."""
    headers = {"Authorization": f"Bearer {names['token']}", "x-kept": "yes"}
    with httpx.Client() as session:
        monkeypatch.setattr(litellm, "client_session", session)
        BaseOpenAILLM._get_sync_http_client().post(anywhere.url, headers=headers, json={})
    async with httpx.AsyncClient() as other_session:
        monkeypatch.setattr(litellm, "aclient_session", other_session)
        await BaseOpenAILLM._get_async_http_client().post(anywhere.url, headers=headers, json={})
    assert [_headers(request) for request in anywhere.requests] == [{"x-kept": "yes"}] * 2


def test_a_configured_token_follows_its_base(anywhere: Origin, names: dict[str, str]) -> None:
    """What set_anthropic_headers wrote for a call's own key leaves for wherever its base is; what it wrote for a client's does not."""
    for given, arrives in ((names["token"], f"Bearer {names['token']}"), (oauth.OAuthToken(names["token"]), None)):
        anywhere.clear()
        _sent(anywhere.url, oauth.set_anthropic_headers({}, given))
        assert [request.header("authorization") for request in anywhere.requests] == [arrives]


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_knows_what_was_asked_and_not_with_which_token(
    anywhere: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request that an answer has is the one that was sent, its body included, with a mask for the token."""
    monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anywhere.url)
    headers = {"authorization": f"Bearer {names['token']}", "anthropic-beta": "oauth-2025-04-20"}
    answer = await AsyncHTTPHandler().post(anywhere.url, headers=headers, json={"a": 1})
    assert json.loads(answer.request.content) == {"a": 1} == json.loads(anywhere.requests[0].body)
    assert names["token"] not in str(answer.request.headers.raw) and answer.request.headers.keys() >= headers.keys()


def test_to_anthropic_one_credential_leaves(anywhere: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a well-formed bearer neither a second one, nor an x-api-key, nor another header with a token reaches a listed origin."""
    monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anywhere.url)
    good = {"authorization": f"Bearer {names['token']}", "anthropic-beta": "oauth-2025-04-20"}
    _sent(anywhere.url, {**good, "x-api-key": names["api_key"], "x-notes": names["other"]})
    twice = httpx.Request("POST", anywhere.url, headers=[*good.items(), ("Authorization", f"Bearer {names['api_key']}")])
    handler = HTTPHandler()  # which closes its client once nobody has it
    handler.client.send(twice)
    assert [_headers(request) for request in anywhere.requests] == [good, good]
    assert {request.header("authorization") for request in anywhere.requests} == {good["authorization"]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Token {token}"},
        {"Authorization": "Bearer {token} more"},
        {"x-api-key": "{token}"},
        {"Authorization": "Bearer\t{token}"},
    ],
    ids=["scheme", "more", "x-api-key", "tab"],
)
def test_a_token_that_anthropic_would_not_take_is_refused(
    headers: dict[str, str], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listed origin gets a token in the one form or not at all: the error names the form, and repeats nothing."""
    with Origin(Anthropic()) as origin:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        with pytest.raises(litellm.AuthenticationError, match="Authorization: Bearer") as refused:
            _sent(origin.url, {name: value.format(**names) for name, value in headers.items()})
        assert not origin.requests and not tokens_in(refused.value)


def test_a_token_in_an_address_is_refused(anywhere: Origin, names: dict[str, str]) -> None:
    """An address is logged by whoever is on the way: a request whose address holds a token is not sent."""
    with pytest.raises(litellm.AuthenticationError, match="address"):
        HTTPHandler().get(f"{anywhere.url}/?key={names['token']}")
    assert not anywhere.requests


def test_the_master_key_leaves_in_no_header(anywhere: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy in the process, its master key is taken off whatever would send it."""
    from litellm.proxy import proxy_server

    monkeypatch.setattr(proxy_server, "master_key", "sk-made-up-master")
    _sent(anywhere.url, {"x-litellm-api-key": "Bearer sk-made-up-master", "x-api-key": "sk-made-up-master", "x-kept": "yes"})
    assert [_headers(request) for request in anywhere.requests] == [{"x-kept": "yes"}]


def test_a_virtual_key_leaves_in_no_header(anywhere: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is a virtual key that the proxy has accepted and keeps by its hash; a key it does not know is another's, and goes."""
    from litellm.proxy import proxy_server

    monkeypatch.setattr(proxy_server, "master_key", None)
    kept = proxy_server.user_api_key_cache.in_memory_cache.cache_dict
    monkeypatch.setitem(kept, proxy_server.hash_token("sk-made-up-virtual"), {"token": "hashed"})
    _sent(anywhere.url, {"authorization": "Bearer sk-made-up-virtual", "x-notes": "key=sk-made-up-virtual;", "x-api-key": "sk-of-another"})
    assert [_headers(request) for request in anywhere.requests] == [{"x-api-key": "sk-of-another"}]


@pytest.mark.asyncio
async def test_a_key_that_only_the_operators_own_code_knows_leaves_in_no_header(anywhere: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator's own authentication accepted stands in no table of LiteLLM's, and leaves as little while its request is served."""
    from litellm.proxy import proxy_server
    from litellm.proxy._types import UserAPIKeyAuth
    from litellm.proxy.auth.user_api_key_auth import user_api_key_auth

    async def accept(request: fastapi.Request, api_key: str) -> UserAPIKeyAuth:
        return UserAPIKeyAuth(api_key=api_key)

    monkeypatch.setattr(proxy_server, "user_custom_auth", accept)
    key = "sk-made-up-of-an-operator"
    scope = {"type": "http", "method": "GET", "path": "/v1/models", "query_string": b"", "headers": [(b"authorization", key.encode())]}
    await user_api_key_auth(fastapi.Request(scope), f"Bearer {key}")
    _sent(anywhere.url, {"authorization": f"Bearer {key}", "x-notes": f"key={key};", "x-api-key": "sk-of-another"})
    assert [_headers(request) for request in anywhere.requests] == [{"x-api-key": "sk-of-another"}]


def test_a_client_of_the_callers_own_is_watched_once() -> None:
    """Watching a client that is watched already adds no second hook, and keeps those it had."""
    from litellm.llms.custom_httpx.oauth_exit import watch_credentials

    client = httpx.Client(event_hooks={"request": [lambda request: None]})
    watch_credentials(client)
    hooks = {kind: list(each) for kind, each in client.event_hooks.items()}
    watch_credentials(client)
    assert client.event_hooks == hooks and len(hooks["request"]) == 2 and len(hooks["response"]) == 1
