"""Whatever swaps model, provider or base after a call was scoped: where the request is sent, its caller's token is judged anew."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Iterator
from typing import Any

import pytest

import litellm
from litellm import Router
from litellm.integrations.custom_logger import CustomLogger
from litellm.integrations.custom_prompt_management import CustomPromptManagement
from litellm.types.utils import CredentialItem
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL, OAUTH_BETA, Anthropic
from tests.support.watching import tokens_in
from tests.wire.conftest import Wire

CLAUDE, GPT = f"anthropic/{MODEL}", "openai/gpt-4o-mini"
KEY_OF_OPENAI = "key-of-openai"
_MESSAGES = [{"role": "user", "content": "Say hello."}]
_CHAT: dict[str, Any] = {"messages": _MESSAGES, "max_tokens": 16}
_RESPONSES: dict[str, Any] = {"input": "Say hello.", "max_output_tokens": 16}
_CALLS = ("completion", "acompletion", "responses", "aresponses")


@pytest.fixture
def third_party(names: dict[str, str]) -> Iterator[Origin]:
    """Somebody else's Anthropic-compatible origin, which no setting lists."""
    with Origin(Wire(Anthropic(), names["bearer"])) as origin:
        yield origin


@pytest.fixture
def anthropic(loopback: tuple[Origin, Wire]) -> Origin:
    """Anthropic, as far as the environment says, and listed."""
    return loopback[0]


@pytest.fixture(autouse=True)
def openai(other: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI is the other origin, with a key of the operator's in the environment."""
    for variable in ("OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.setenv(variable, other.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY_OF_OPENAI)


async def _make(call: str, owner: object = litellm, **given: Any) -> None:
    function = operator.attrgetter(call)(owner)
    asked = {**(_RESPONSES if "responses" in call else _CHAT), **given}
    result = await (function(**asked) if call.startswith(("a", "anthropic.messages.a")) else asyncio.to_thread(function, **asked))
    assert result is not None


def _bearer(names: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {names['token']}", "anthropic-beta": OAUTH_BETA}


def _assert_operators_own(requests: list[Request], *expected: tuple[str | None, str | None]) -> None:
    """The requests hold no token and no OAuth beta, and these pairs of `authorization` and `x-api-key`."""
    reached = tokens_in([(request.target, request.headers, request.body) for request in requests])
    assert not reached
    assert not [request.path for request in requests if OAUTH_BETA in str(request.headers)]
    assert [(request.header("authorization"), request.header("x-api-key")) for request in requests] == list(expected)


class _PromptOfAnother(CustomPromptManagement):
    """Prompt management that keeps a prompt for another provider's model."""

    def get_chat_completion_prompt(self, model: str, messages: Any, non_default_params: Any, *rest: Any, **named: Any) -> Any:
        return GPT, messages, non_default_params

    async def async_get_chat_completion_prompt(self, model: str, messages: Any, non_default_params: Any, *rest: Any, **named: Any) -> Any:
        return GPT, messages, non_default_params


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("own", ["an own key", "no key"])
@pytest.mark.parametrize("call", ["completion", "acompletion"])
async def test_a_managed_prompts_model_gets_its_own_key(
    call: str, own: str, other: Origin, anthropic: Origin, names: dict[str, str]
) -> None:
    """A prompt that is kept for OpenAI goes there with OpenAI's key, though its caller asked for Claude with a token."""
    litellm.callbacks = [_PromptOfAnother()]
    given = {"api_key": names["api_key"]} if own == "an own key" else {}
    await _make(call, model=CLAUDE, prompt_id="kept", extra_headers=_bearer(names), **given)
    # Whose key goes out instead of the caller's token is upstream's affair: a call's own `api_key` goes before the environment's.
    key = names["api_key"] if given else KEY_OF_OPENAI
    _assert_operators_own(other.requests, (f"Bearer {key}", None))
    assert anthropic.requests == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_managed_prompts_model_gets_its_own_key_through_a_router(other: Origin, anthropic: Origin, names: dict[str, str]) -> None:
    """The same, where the Router manages the prompt of a deployment."""
    litellm.callbacks = [_PromptOfAnother()]
    deployment = {"model": CLAUDE, "prompt_id": "kept"}
    router = Router(model_list=[{"model_name": "claude", "litellm_params": deployment}], num_retries=0)
    await _make("acompletion", router, model="claude", extra_headers=_bearer(names))
    _assert_operators_own(other.requests, (f"Bearer {KEY_OF_OPENAI}", None))
    assert anthropic.requests == []


class _Swapping(CustomLogger):
    """A hook that changes a deployment's call before it is made."""

    def __init__(self, **changes: str) -> None:
        super().__init__()
        self.changes = changes

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any]:
        return {**kwargs, **self.changes}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_hook_that_swaps_the_provider_takes_no_token_along(other: Origin, anthropic: Origin, names: dict[str, str]) -> None:
    """A deployment hook that answers with another provider's model, base and key: that provider gets that key alone."""
    litellm.callbacks = [_Swapping(model=GPT, custom_llm_provider="openai", api_base=other.url, api_key=KEY_OF_OPENAI)]
    await _make("acompletion", model=CLAUDE, extra_headers=_bearer(names))
    _assert_operators_own(other.requests, (f"Bearer {KEY_OF_OPENAI}", None))
    assert anthropic.requests == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_hook_that_swaps_the_model_takes_no_token_along(other: Origin, anthropic: Origin, names: dict[str, str]) -> None:
    """One that changes the model alone, and leaves the credential as it was: the provider's own key, from the environment, goes out."""
    litellm.callbacks = [_Swapping(model=GPT, custom_llm_provider="openai")]
    await _make("acompletion", model=CLAUDE, extra_headers=_bearer(names))
    _assert_operators_own(other.requests, (f"Bearer {KEY_OF_OPENAI}", None))
    assert anthropic.requests == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["acompletion", "anthropic.messages.acreate"])
async def test_a_hook_that_swaps_the_base_takes_no_token_along(
    call: str, third_party: Origin, anthropic: Origin, names: dict[str, str]
) -> None:
    """One that leads the call to a third party's origin, which is not listed: the deployment's own key goes out there."""
    litellm.callbacks = [_Swapping(api_base=third_party.url)]
    await _make(call, model=CLAUDE, api_key=names["api_key"], extra_headers=_bearer(names))
    _assert_operators_own([*anthropic.requests, *third_party.requests], (None, names["api_key"]))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", _CALLS)
async def test_an_alias_for_another_providers_model_takes_no_token_along(
    call: str, other: Origin, anthropic: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of Claude's that `model_alias_map` gives to OpenAI is OpenAI's where a call reads the map, and Anthropic's elsewhere."""
    monkeypatch.setattr(litellm, "model_alias_map", {CLAUDE: GPT})
    await _make(call, model=CLAUDE, extra_headers=_bearer(names))
    if other.requests:
        _assert_operators_own(other.requests, (f"Bearer {KEY_OF_OPENAI}", None))
    else:
        assert [request.header("authorization") for request in anthropic.requests] == [f"Bearer {names['token']}"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", _CALLS)
async def test_named_credentials_with_a_base_are_scoped(
    call: str, third_party: Origin, anthropic: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named credential that has the base in it leads there, with its own key, whatever its caller's headers hold."""
    item = CredentialItem(
        credential_name="theirs", credential_info={}, credential_values={"api_base": third_party.url, "api_key": names["api_key"]}
    )
    monkeypatch.setattr(litellm, "credential_list", [item])
    await _make(call, model=CLAUDE, litellm_credential_name="theirs", extra_headers=_bearer(names))
    _assert_operators_own([*anthropic.requests, *third_party.requests], (None, names["api_key"]))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("written", ["name", "mapping"])
@pytest.mark.parametrize("call", ["completion", "acompletion"])
async def test_a_calls_own_fallbacks_are_scoped(
    call: str, written: str, other: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fallbacks` of the call itself, as names and as parameters, get no token of it when Anthropic is overloaded."""
    fallback: object = GPT if written == "name" else {"model": GPT, "api_base": other.url, "api_key": KEY_OF_OPENAI}
    with Origin(Anthropic(statuses={names["token"]: 529})) as anthropic:
        monkeypatch.setenv("ANTHROPIC_API_BASE", anthropic.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anthropic.url)
        await _make(call, model=CLAUDE, fallbacks=[fallback], extra_headers=_bearer(names))
        assert {request.header("authorization") for request in anthropic.requests} == {f"Bearer {names['token']}"}
    _assert_operators_own(other.requests, (f"Bearer {KEY_OF_OPENAI}", None))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["completion", "acompletion", "aanthropic_messages", "aresponses"])
async def test_a_routers_fallback_with_parameters_is_scoped(
    call: str, other: Origin, third_party: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fallback that names its own base in the call leads there with its own key, and one to another group with that group's."""
    with Origin(Anthropic(statuses={names["token"]: 529})) as anthropic:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anthropic.url)
        deployments: dict[str, dict[str, Any]] = {
            "claude": {"model": CLAUDE, "api_base": anthropic.url, "api_key": names["api_key"]},
            "gpt": {"model": GPT, "api_base": other.url, "api_key": KEY_OF_OPENAI},
        }
        router = Router(model_list=[{"model_name": name, "litellm_params": each} for name, each in deployments.items()], num_retries=0)
        theirs = {"model": "claude", "api_base": third_party.url, "api_key": names["api_key"]}
        for fallback, origin, key in (("gpt", other, (f"Bearer {KEY_OF_OPENAI}", None)), (theirs, third_party, (None, names["api_key"]))):
            origin.clear()
            await _make(call, router, model="claude", fallbacks=[fallback], extra_headers=_bearer(names))
            _assert_operators_own(origin.requests, key)
