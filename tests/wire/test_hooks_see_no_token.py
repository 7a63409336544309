"""Every hook of a callback, for calls of the SDK and of the Router, is handed no token; nor is what LiteLLM keeps for the next call."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

import litellm
from litellm.integrations.custom_logger import CustomLogger
from litellm.integrations.custom_prompt_management import CustomPromptManagement
from tests.support.call_paths import CallPath, installed_paths
from tests.support.origin import Origin
from tests.support.standin import MODEL, Anthropic
from tests.support.watching import hooks_of, tokens_in, watching
from tests.wire.conftest import background

NOTHING_LISTENS = "http://127.0.0.1:1"
_NAMES = (
    *("completion", "acompletion", "completion streamed", "acompletion streamed", "Router.completion", "Router.acompletion"),
    *("anthropic.messages.acreate", "anthropic.messages.acreate streamed", "Router.aanthropic_messages", "responses", "aresponses"),
    *("Router.aresponses", "text acompletion", "aretrieve_batch", "acreate_file", "afile_content", "alist_skills"),
)
_PATHS = [path for path in installed_paths() if path.name in _NAMES]
_MESSAGES = [{"role": "user", "content": "Say hello."}]
# Hooks that some call below has to reach on every release, so that no hook's silence passes for its innocence.
REACHED = (
    *("log_pre_api_call", "log_post_api_call", "log_success_event", "log_failure_event", "async_log_success_event"),
    *("async_log_failure_event", "logging_hook", "async_logging_hook", "async_pre_call_deployment_hook", "async_filter_deployments"),
    *("log_success_fallback_event", "log_failure_fallback_event", "get_chat_completion_prompt"),
)

_CHOOSING = ("async_filter_deployments", "async_pre_call_check", "pre_call_check")


@pytest.fixture
def handed() -> dict[str, list[str]]:
    """Callbacks that search whatever their hooks are given: for each hook that was called, where a token stood."""
    found: dict[str, list[str]] = defaultdict(list)

    def keep(hook: str, given: tuple[object, ...]) -> None:
        found[hook] += tokens_in(*given)

    litellm.callbacks = [watching(CustomLogger, keep, hooks_of(CustomLogger))()]
    return found


def _leaks(handed: dict[str, list[str]], but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    return {hook: sorted(set(places), key=len)[:3] for hook, places in handed.items() if places and hook not in but}


async def _make(path: CallPath, **given: Any) -> Exception | None:
    """What the call fails with, in which no token is."""
    failed = None
    try:
        await (path.arun(**given) if path.is_async else asyncio.to_thread(path.run, **given))
    except Exception as failure:
        told = tokens_in(failure)
        assert not told, f"the failure: {told}"
        failed = failure
    await background()
    return failed


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("ends", ["answered", "refused", "nobody there"])
@pytest.mark.parametrize("way", ["api_key", "extra_headers", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in _PATHS])
async def test_no_hook_of_a_call_is_handed_its_token(
    path: CallPath, way: str, ends: str, handed: dict[str, list[str]], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the token came from and however the call ends, nothing that a hook is given leads to it, and nothing of the failure does."""
    token = names["token"]
    given: dict[str, Any] = {"api_key": token} if way == "api_key" else {}
    if way == "extra_headers":
        given = {way: {"Authorization": f"Bearer {token}"}}
    elif way.startswith("ANTHROPIC"):
        monkeypatch.setenv(way, token)
    with Origin(Anthropic(statuses={token: 401} if ends == "refused" else {})) as origin:
        base = NOTHING_LISTENS if ends == "nobody there" else origin.url
        monkeypatch.setenv("ANTHROPIC_API_BASE", base)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", base)
        failed = await _make(path, **given, **path.at(base))
        assert ends == "nobody there" or token in str(origin.requests), f"the token was not sent at all, but {failed!r}"
    assert handed, "no hook was called"
    # What chooses among deployments is handed them, each with the key that the operator gave it.
    assert _leaks(handed, but=_CHOOSING if path.routed and way == "api_key" else ()) == {}


class _Prompt(CustomPromptManagement):
    """Prompt management that changes nothing."""

    def get_chat_completion_prompt(self, model: str, messages: Any, non_default_params: Any, *rest: Any, **named: Any) -> Any:
        return model, messages, non_default_params


@pytest.mark.asyncio(loop_scope="session")
async def test_no_hook_of_a_routers_is_handed_a_token(
    handed: dict[str, list[str]], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choosing among deployments, falling back with success and without, managing a prompt: none of the hooks for it is given a token."""

    def keep(hook: str, given: tuple[object, ...]) -> None:
        handed[hook] += tokens_in(*given)

    litellm.callbacks = [*litellm.callbacks, watching(_Prompt, keep, ("get_chat_completion_prompt",))()]
    headers = {"Authorization": f"Bearer {names['token']}"}
    with Origin(Anthropic(statuses={names["token"]: 529})) as first, Origin(Anthropic()) as second:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", first.url)
        deployments = (("claude", first), ("claude", first), ("again", first), ("other", second))
        models = [
            {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_base": origin.url, "api_key": names["api_key"]}}
            for name, origin in deployments
        ]
        router = litellm.Router(model_list=models, fallbacks=[{"claude": ["other"]}], num_retries=1, retry_after=0)
        asked: dict[str, Any] = {"model": "claude", "messages": _MESSAGES, "max_tokens": 16, "extra_headers": headers}
        await router.acompletion(**asked)
        await asyncio.to_thread(router.completion, **asked)
        with pytest.raises(Exception):  # noqa: B017 - whatever it is, the fallback failed
            await router.acompletion(**{**asked, "fallbacks": ["again"]})
        await router.acompletion(**{**asked, "model": "other", "prompt_id": "kept"})
        await asyncio.to_thread(
            litellm.completion,
            **{**asked, "model": f"anthropic/{MODEL}", "api_base": second.url, "prompt_id": "kept", "api_key": names["api_key"]},
        )
        await background()
    assert _leaks(handed) == {}
    missing = [hook for hook in REACHED if hook in hooks_of(CustomLogger) and hook not in handed]
    assert not missing, f"none of the calls reached {missing}"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["completion", "acompletion", "embedding", "aembedding"])
async def test_no_key_of_a_cached_client_holds_a_token(
    call: str, other: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is given to another provider as its key is sent there, as configured; the client that is kept is not named by it."""
    asked: dict[str, Any] = {"input": ["hello"]} if "embedding" in call else {"messages": _MESSAGES}
    model = "openai/text-embedding-3-small" if "embedding" in call else "openai/gpt-4o-mini"
    given = {"model": model, "api_key": names["token"], "api_base": f"{other.url}", **asked}
    function: Callable[..., Any] = getattr(litellm, call)
    await (function(**given) if call.startswith("a") else asyncio.to_thread(function, **given))
    assert litellm.in_memory_llm_clients_cache.cache_dict
    kept = tokens_in(list(litellm.in_memory_llm_clients_cache.cache_dict))
    assert not kept
