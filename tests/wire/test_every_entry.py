"""Every public function that takes headers, as the installed release has them: a token in them goes to no provider but Anthropic."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator

import pytest

import litellm
from tests.support.entries import PROVIDERS, Entry, functions, methods, router_of_others
from tests.support.loopback_only import loopback_only
from tests.support.origin import Answer, Origin, Request
from tests.support.watching import tokens_in
from tests.wire.undriven import UNDRIVEN

# Enough of every provider's answer for a function that makes several requests to go on to its next.
_ANY_ANSWER = {
    "id": "one",
    "object": "any",
    "status": "completed",
    "data": [],
    "model": "any",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
# Of these, on every release, the caller's other headers have to arrive: else nothing was shown by a token that did not.
_KEEPS_HEADERS = ("completion", "acompletion", "embedding", "responses", "aresponses", "Router.acompletion", "Router.aembedding")
_ENTRIES = (*functions(), *methods(litellm.Router(model_list=[])))


def _answer(request: Request) -> Answer:
    return Answer(200, json.dumps(_ANY_ANSWER).encode(), {"content-type": "application/json"})


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """An origin that is any provider but Anthropic."""
    with Origin(_answer) as made:
        yield made


@pytest.fixture(scope="module")
def entries(origin: Origin) -> dict[str, Entry]:
    """The functions by name, and the methods of a Router whose deployments are all at the origin."""
    return {entry.name: entry for entry in (*functions(), *methods(router_of_others(origin.url)))}


@pytest.fixture
def elsewhere(_loopback: list[str]) -> Iterator[list[str]]:
    """What was refused within the test: a provider that knows no api_base is called where it is, which shows nothing and fails nothing."""
    with loopback_only() as refused:
        yield refused


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", [entry.name for entry in _ENTRIES])
async def test_no_entry_sends_a_token_to_another_provider(
    name: str,
    entries: dict[str, Entry],
    origin: Origin,
    elsewhere: list[str],
    names: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Called for one provider after the other until its headers arrive, a function sends no token; or it is known why none is made."""
    monkeypatch.setattr(litellm, "cache", None)  # as it is again afterwards, whatever a function did: one of them sets up a cache
    if importlib.util.find_spec("litellm.llms.e2b") is not None:
        # In 1.90 a sandbox is asked for there alone, whatever base is given.
        monkeypatch.setattr("litellm.llms.e2b.sandbox.transformation.E2B_API_BASE", origin.url)
    headers = {"Authorization": f"Bearer {names['token']}", "x-kept": "yes"}
    why: dict[str, str] = {}
    arrived = kept = False
    for provider, model in PROVIDERS.items():
        origin.clear()
        why[provider] = await entries[name].reach(origin, provider, model, headers)
        reached = tokens_in([(request.target, request.headers, request.body) for request in origin.requests])
        assert not reached, f"{name} sent a token to {provider}"
        arrived = arrived or bool(origin.requests)
        kept = any(request.header("x-kept") == "yes" for request in origin.requests)
        if kept:
            break
    assert arrived or name in UNDRIVEN, f"{name} takes headers, and nothing it was called with made a request: {why}. Say how, or why not."
    assert kept or name not in _KEEPS_HEADERS, "the caller's headers did not arrive, so nothing was shown"
