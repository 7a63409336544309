"""Where the OAuth token in a caller's headers goes: to Anthropic, and to nobody else."""

from __future__ import annotations

import importlib.util
import json
import secrets
import sys
import types
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.llms.vertex_ai.vertex_llm_base import VertexBase

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
OAUTH_BETA = "oauth-2025-04-20"
KNOWN_BETA = "context-1m-2025-08-07"
ELSEWHERE = "https://gateway.example"
MESSAGES = [{"role": "user", "content": "Say hello."}]
MESSAGE: dict[str, Any] = {
    "id": "msg_one",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
OPENAI: dict[str, Any] = {
    "id": "chatcmpl-one",
    "object": "chat.completion",
    "created": 1767323045,
    "model": "one",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
}
GEMINI: dict[str, Any] = {
    "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [{"text": "Hello."}]}}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8},
}
CONVERSE: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
    "metrics": {"latencyMs": 1},
}
AWS = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up", "aws_region_name": "us-east-1"}
GOOGLE = {"vertex_project": "one", "vertex_location": "us-east5"}
OTHERS = [
    pytest.param("openai/gpt-4o-mini", {"api_key": "made-up"}, OPENAI, id="openai"),
    pytest.param(
        "azure/gpt-4o-mini",
        {"api_key": "made-up", "api_base": ELSEWHERE, "api_version": "2024-06-01"},
        OPENAI,
        id="azure",
    ),
    pytest.param("azure_ai/claude-sonnet-4-5", {"api_key": "made-up", "api_base": ELSEWHERE}, MESSAGE, id="azure_ai"),
    pytest.param("bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0", AWS, CONVERSE, id="bedrock converse"),
    pytest.param("bedrock/invoke/anthropic.claude-3-5-sonnet-20240620-v1:0", AWS, MESSAGE, id="bedrock invoke"),
    pytest.param("gemini/gemini-2.5-flash", {"api_key": "made-up"}, GEMINI, id="gemini"),
    pytest.param("mistral/mistral-small-latest", {"api_key": "made-up"}, OPENAI, id="mistral"),
    pytest.param("hosted_vllm/one", {"api_key": "made-up", "api_base": ELSEWHERE}, OPENAI, id="openai compatible"),
    pytest.param("vertex_ai/claude-sonnet-4-5@20250929", GOOGLE, MESSAGE, id="vertex_ai"),
    pytest.param("deepseek/deepseek-chat", {"api_key": "made-up"}, OPENAI, id="deepseek"),
    pytest.param("openrouter/anthropic/claude-sonnet-4.5", {"api_key": "made-up"}, OPENAI, id="openrouter"),
]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_BASE",
        "ANTHROPIC_BASE_URL",
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    for name in ("api_key", "anthropic_key", "api_base"):
        monkeypatch.setattr(litellm, name, None)
    monkeypatch.setattr(VertexBase, "_ensure_access_token", lambda *args, **kwargs: ("made-up", "one"))
    if importlib.util.find_spec("vertexai") is None:
        # Some releases ask whether Google's SDK is there before they call Vertex without it.
        monkeypatch.setitem(sys.modules, "vertexai", types.SimpleNamespace(preview=types.SimpleNamespace()))
    litellm.in_memory_llm_clients_cache.flush_cache()


def _completed(answer: dict[str, Any], **given: Any) -> httpx.Request:
    """The one request that a completion made."""
    with respx.mock() as router:
        route = router.route().mock(return_value=httpx.Response(200, json=answer))
        litellm.completion(messages=MESSAGES, max_tokens=16, **given)
    (made,) = route.calls
    return made.request


@pytest.mark.parametrize("name", ["Authorization", "authorization", "x-api-key"])
@pytest.mark.parametrize(("model", "given", "answer"), OTHERS)
def test_another_provider_gets_no_token(model: str, given: dict[str, Any], answer: dict[str, Any], name: str) -> None:
    """Neither the token nor its beta is in a header, the address or the body, and the provider's own credential is."""
    token = TOKEN if name == "x-api-key" else f"Bearer {TOKEN}"
    headers = {name: token, "anthropic-beta": f"{OAUTH_BETA},{KNOWN_BETA}"}
    made = _completed(answer, model=model, extra_headers=headers, **given)
    whole = f"{made.url} {made.headers.raw} {made.content!r}"
    assert TOKEN not in whole and OAUTH_BETA not in whole
    assert "made-up" in whole
    assert headers == {name: token, "anthropic-beta": f"{OAUTH_BETA},{KNOWN_BETA}"}


def test_another_origin_gets_the_deployments_own_key() -> None:
    """A base that is not Anthropic's is called with the key that is configured for it, and without the token's beta."""
    headers = {"Authorization": f"Bearer {TOKEN}", "anthropic-beta": f"{OAUTH_BETA},{KNOWN_BETA}"}
    made = _completed(
        MESSAGE, model="anthropic/claude-sonnet-4-5", api_base=ELSEWHERE, api_key=API_KEY, extra_headers=headers
    )
    assert made.headers["x-api-key"] == API_KEY
    assert "authorization" not in made.headers
    assert OAUTH_BETA not in made.headers.get("anthropic-beta", "")


@pytest.mark.parametrize("base", [f"{ELSEWHERE}/v1/messages", "https://GATEWAY.example:443"])
def test_a_listed_origin_gets_the_token(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An origin that the operator lists is Anthropic's as far as a token is concerned, whatever the path and the spelling."""
    monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", ELSEWHERE)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    made = _completed(
        MESSAGE, model="anthropic/claude-sonnet-4-5", api_base=base, api_key=API_KEY, extra_headers=headers
    )
    assert made.headers["authorization"] == f"Bearer {TOKEN}"
    assert "x-api-key" not in made.headers


@pytest.mark.parametrize(
    "base", [f"{ELSEWHERE}.evil.example", f"{ELSEWHERE}:8443", "http://gateway.example", "https://x@gateway.example"]
)
def test_what_only_looks_like_a_listed_origin_gets_no_token(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scheme, host and port have to be the same, and nothing else may stand in the authority."""
    monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", ELSEWHERE)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    made = _completed(
        MESSAGE, model="anthropic/claude-sonnet-4-5", api_base=base, api_key=API_KEY, extra_headers=headers
    )
    assert TOKEN not in str(made.headers.raw)
    assert made.headers["x-api-key"] == API_KEY


def test_without_another_credential_the_error_names_the_setting() -> None:
    """Nothing is sent to an origin that may not have the token, and the message says what to set without repeating it."""
    with respx.mock(assert_all_called=False) as router:
        route = router.route().mock(return_value=httpx.Response(200, json=MESSAGE))
        with pytest.raises(litellm.AuthenticationError, match="LITELLM_ANTHROPIC_OAUTH_ORIGINS") as refused:
            litellm.completion(
                model="anthropic/claude-sonnet-4-5",
                messages=MESSAGES,
                api_base=ELSEWHERE,
                extra_headers={"Authorization": f"Bearer {TOKEN}"},
            )
    assert not route.called
    assert TOKEN not in str(refused.value)


def test_a_fallback_to_another_provider_leaves_the_token_behind() -> None:
    """The Router's next group is another provider's: its request holds nothing of the token that Anthropic had."""
    deployments = [
        {"model_name": "first", "litellm_params": {"model": "anthropic/claude-sonnet-4-5", "api_key": API_KEY}},
        {"model_name": "second", "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "made-up"}},
    ]
    router = litellm.Router(model_list=deployments, fallbacks=[{"first": ["second"]}], num_retries=0)
    with respx.mock() as mocked:
        anthropic = mocked.route(host="api.anthropic.com").mock(
            return_value=httpx.Response(529, json={"type": "error"})
        )
        openai = mocked.route(host="api.openai.com").mock(return_value=httpx.Response(200, json=OPENAI))
        router.completion(
            model="first", messages=MESSAGES, max_tokens=16, extra_headers={"Authorization": f"Bearer {TOKEN}"}
        )
    assert {made.request.headers["authorization"] for made in anthropic.calls} == {f"Bearer {TOKEN}"}
    assert [TOKEN in f"{made.request.headers.raw} {made.request.content!r}" for made in openai.calls] == [False]
    assert json.loads(openai.calls[0].request.content)["model"] == "gpt-4o-mini"
