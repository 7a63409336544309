"""What web search interception asks Anthropic once more is asked with the token of the call that it follows."""

from __future__ import annotations

import json
from typing import Any

import pytest

import litellm
from litellm.integrations.websearch_interception.handler import WebSearchInterceptionLogger
from tests.support.origin import Answer, Origin, Request
from tests.support.standin import MODEL, Anthropic

_CLAUDE = Anthropic()


def _searches_first(request: Request) -> Answer:
    """What Claude answers: at first a call of the only tool it was given, then words."""
    answer = _CLAUDE(request)
    asked = json.loads(request.body)
    if answer.status != 200 or len(asked["messages"]) > 1:
        return answer
    call = {"type": "tool_use", "id": "toolu_standin", "name": asked["tools"][0]["name"], "input": {"query": "What is new?"}}
    message = {"id": "msg_standin", "type": "message", "role": "assistant", "model": asked["model"], "content": [call]}
    usage = {"input_tokens": 3, "output_tokens": 5}
    body = {**message, "stop_reason": "tool_use", "stop_sequence": None, "usage": usage}
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})


def _found(request: Request) -> Answer:
    found = {"title": "News", "url": "https://example.com", "snippet": "Nothing."}
    return Answer(200, json.dumps({"results": [found]}).encode(), {"content-type": "application/json"})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("routed", [False, True], ids=["SDK", "Router"])
async def test_the_call_that_follows_a_search_has_the_token_of_the_first(
    routed: bool, streamed: bool, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both requests go to the call's own base with its caller's token, neither the environment's key; the search gets neither."""
    bearer = f"Bearer {names['token']}"
    asked: dict[str, Any] = {
        "messages": [{"role": "user", "content": "What is new?"}],
        "max_tokens": 16,
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "extra_headers": {"Authorization": bearer},
        "stream": streamed,
    }
    with Origin(_searches_first) as claude, Origin(_found) as search:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", claude.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", names["api_key"])
        monkeypatch.setenv("PERPLEXITYAI_API_KEY", "made-up")
        monkeypatch.setenv("PERPLEXITY_API_BASE", search.url)
        monkeypatch.setattr(litellm, "callbacks", [WebSearchInterceptionLogger(enabled_providers=["anthropic"])])
        deployment = {"model": f"anthropic/{MODEL}", "api_base": claude.url}
        router = litellm.Router(model_list=[{"model_name": "claude", "litellm_params": deployment}])
        call = router.aanthropic_messages(model="claude", **asked) if routed else litellm.anthropic.messages.acreate(**deployment, **asked)
        answer = await call
        # Some releases give a message in one piece behind a search, though it was to be streamed.
        read = [event async for event in answer] if streamed and not isinstance(answer, dict) else answer
        assert read
        assert [(each.header("authorization"), each.header("x-api-key")) for each in claude.requests] == [(bearer, None)] * 2
        assert [each.header("authorization") for each in search.requests] == ["Bearer made-up"]
