"""A token from a caller's headers goes to Anthropic and to no other provider: not in a header, a body or a URL, not on a fallback."""

from __future__ import annotations

import asyncio
import importlib.util
import operator
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import litellm
from litellm import Router
from tests.support import other_providers
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL, Anthropic

OAUTH_BETA = "oauth-2025-04-20"
KNOWN_BETA = "context-1m-2025-08-07"
_MESSAGES = [{"role": "user", "content": "Say hello."}]
_AWS = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused", "aws_region_name": "us-east-1"}
_GOOGLE = {"vertex_project": "unused", "vertex_location": "us-east5"}

# model, and what its call needs beside an api_base.
OTHERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "openai": ("openai/gpt-4o-mini", {"api_key": "unused"}),
    "azure": ("azure/gpt-4o-mini", {"api_key": "unused", "api_version": "2024-10-21"}),
    "mistral": ("mistral/mistral-small-latest", {"api_key": "unused"}),
    "openai compatible": ("hosted_vllm/any", {"api_key": "unused"}),
    "bedrock converse": ("bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0", _AWS),
    "bedrock invoke": ("bedrock/invoke/anthropic.claude-3-5-sonnet-20240620-v1:0", _AWS),
    "vertex_ai": ("vertex_ai/claude-sonnet-4-5@20250929", _GOOGLE),
    "azure_ai": (f"azure_ai/{MODEL}", {"api_key": "unused"}),
}
# LiteLLM serves Anthropic's own messages interface on these itself; for the others it translates to chat.
_CALLS = ("completion", "acompletion", "acreate")


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """An origin that is every other provider. Google's token exchange is left out: it is not what is tested, and leaves loopback."""
    from litellm.llms.vertex_ai.vertex_llm_base import VertexBase

    if importlib.util.find_spec("vertexai") is None:
        # Some releases want Google's SDK to be importable before they call Vertex without it.
        sdk = types.ModuleType("vertexai")
        sdk.preview = types.SimpleNamespace()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "vertexai", sdk)
    monkeypatch.setattr(VertexBase, "_ensure_access_token", lambda *args, **kwargs: ("google-token", "unused"))

    async def access_token(*args: object, **kwargs: object) -> tuple[str, str]:
        return "google-token", "unused"

    monkeypatch.setattr(VertexBase, "_ensure_access_token_async", access_token)
    with Origin(other_providers.answer) as origin:
        yield origin


def _destination(provider: str, url: str) -> dict[str, str]:
    """The parameters that lead a provider's call to an origin."""
    if provider.startswith("bedrock"):
        return {"aws_bedrock_runtime_endpoint": url}
    if provider == "vertex_ai":
        return {"api_base": f"{url}/v1/projects/unused/locations/us-east5/publishers/anthropic/models/claude:rawPredict"}
    return {"api_base": url}


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
        **_destination(provider, other.url),
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
                {"model_name": "second", "litellm_params": {"model": model, **needs, **_destination(provider, other.url)}},
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
