"""A token from a caller's headers goes to Anthropic and to no other provider: not in a header, a body or a URL, not on a fallback."""

from __future__ import annotations

import asyncio
import operator
from typing import Any

import pytest

import litellm
from litellm import Router
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL, Anthropic
from tests.wire.others import OTHERS, destination

OAUTH_BETA = "oauth-2025-04-20"
KNOWN_BETA = "context-1m-2025-08-07"
_MESSAGES = [{"role": "user", "content": "Say hello."}]
# LiteLLM serves Anthropic's own messages interface on these itself; for the others it translates to chat.
_CALLS = ("completion", "acompletion", "acreate")


def _assert_clean(requests: list[Request], *tokens: str) -> None:
    assert requests, "nothing arrived"
    for request in requests:
        whole = f"{request.target}\n{request.headers}\n{request.body!r}"
        assert not [token for token in tokens if token in whole], f"the token is in {request.method} {request.path}"
        assert OAUTH_BETA not in whole


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("parameter", ["extra_headers", "headers"])
@pytest.mark.parametrize("spelling", ["Authorization", "authorization", "x-api-key"])
@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("provider", OTHERS)
async def test_another_provider_gets_neither_token_nor_beta(
    provider: str, call: str, spelling: str, parameter: str, other: Origin, names: dict[str, str]
) -> None:
    """A token in headers is dropped for any provider but Anthropic, with its beta; the call goes through on its own credential."""
    model, needs = OTHERS[provider]
    value = names["token"] if spelling == "x-api-key" else f"Bearer {names['token']}"
    headers = {spelling: value, "anthropic-beta": f"{OAUTH_BETA},{KNOWN_BETA}"}
    given: dict[str, Any] = {
        "model": model,
        "messages": _MESSAGES,
        "max_tokens": 16,
        parameter: headers,
        **needs,
        **destination(provider, other.url),
    }
    if call == "completion":
        await asyncio.to_thread(litellm.completion, **given)
    else:
        await (litellm.acompletion if call == "acompletion" else litellm.anthropic.messages.acreate)(**given)
    _assert_clean(other.requests, names["token"])
    assert headers == {spelling: value, "anthropic-beta": f"{OAUTH_BETA},{KNOWN_BETA}"}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["completion", "acompletion", "aanthropic_messages"])
@pytest.mark.parametrize("status", [401, 429, 529])
@pytest.mark.parametrize("provider", ["openai", "bedrock converse", "bedrock invoke", "vertex_ai"])
async def test_a_fallback_to_another_provider_leaves_the_token_behind(
    provider: str, status: int, call: str, other: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When Anthropic refuses and the Router falls back, the other provider gets a clean request, and Anthropic got the token."""
    model, needs = OTHERS[provider]
    with Origin(Anthropic(statuses={names["token"]: status})) as anthropic:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anthropic.url)
        router = Router(
            model_list=[
                {
                    "model_name": "first",
                    "litellm_params": {"model": f"anthropic/{MODEL}", "api_base": anthropic.url, "api_key": names["api_key"]},
                },
                {"model_name": "second", "litellm_params": {"model": model, **needs, **destination(provider, other.url)}},
            ],
            fallbacks=[{"first": ["second"]}],
            num_retries=0,
        )
        given: dict[str, Any] = {
            "model": "first",
            "messages": _MESSAGES,
            "max_tokens": 16,
            "extra_headers": {"Authorization": f"Bearer {names['token']}"},
        }
        await _routed(router, call, given)
        assert {request.header("authorization") for request in anthropic.requests} == {f"Bearer {names['token']}"}
    _assert_clean(other.requests, names["token"])


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "unlisted"])
@pytest.mark.parametrize("call", ["completion", "acompletion", "aanthropic_messages"])
async def test_a_fallback_to_another_anthropic_deployment_is_judged_by_its_origin(
    call: str, listed: bool, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's token goes along to a second deployment where that one's origin is listed; elsewhere the deployment's own key goes."""
    with Origin(Anthropic(statuses={names["token"]: 529})) as first, Origin(Anthropic()) as second:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", f"{first.url},{second.url}" if listed else first.url)
        deployments = (("first", first, names["api_key"]), ("second", second, names["api_key"]))
        router = Router(
            model_list=[
                {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_base": origin.url, "api_key": key}}
                for name, origin, key in deployments
            ],
            fallbacks=[{"first": ["second"]}],
            num_retries=0,
        )
        headers = {"Authorization": f"Bearer {names['token']}"}
        await _routed(router, call, {"model": "first", "messages": _MESSAGES, "max_tokens": 16, "extra_headers": headers})
        assert {request.header("authorization") for request in first.requests} == {f"Bearer {names['token']}"}
        last = second.requests[-1]
        expected = (f"Bearer {names['token']}", None) if listed else (None, names["api_key"])
        assert (last.header("authorization"), last.header("x-api-key")) == expected
        assert listed or names["token"] not in str(second.requests)


async def _routed(router: Router, call: str, given: dict[str, Any]) -> None:
    if call == "completion":
        await asyncio.to_thread(router.completion, **given)
    else:
        await getattr(router, call)(**given)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["acompletion", "aresponses", "anthropic.messages.acreate"])
@pytest.mark.parametrize("fallbacks", [[], ["openai/gpt-4o"]])
async def test_fallbacks_of_the_callers_change_nothing_for_another_provider(
    call: str, fallbacks: list[str], other: Origin, names: dict[str, str]
) -> None:
    """Whether a call reads its `fallbacks` or not, a token in its headers goes to no provider but Anthropic."""
    asked: dict[str, Any] = {"input": "hello"} if call == "aresponses" else {"messages": _MESSAGES, "max_tokens": 16}
    function = operator.attrgetter(call)(litellm)
    headers = {"Authorization": f"Bearer {names['token']}"}
    await function(
        model="openai/gpt-4o-mini", api_key="key-of-openai", api_base=other.url, extra_headers=headers, fallbacks=fallbacks, **asked
    )
    _assert_clean(other.requests, names["token"])
