"""`/v1/messages/count_tokens` with a client's own OAuth token: Anthropic counts, and is asked with that token."""

from __future__ import annotations

import inspect
import json
import secrets
from typing import Any

import httpx
import pytest
import respx
from starlette.requests import Request

import litellm
from litellm.llms.anthropic.count_tokens.token_counter import AnthropicTokenCounter
from litellm.proxy import proxy_server
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.anthropic_endpoints.endpoints import count_tokens

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
COUNT_URL = "https://api.anthropic.com/v1/messages/count_tokens"
ASKED: dict[str, Any] = {"model": "claude", "messages": [{"role": "user", "content": "Say hello."}]}
CREDENTIALS = (
    "authorization",
    "x-api-key",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "anthropic-version",
)


@pytest.fixture(autouse=True)
def _one_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    deployment = {"model": "anthropic/claude-sonnet-4-5", "api_key": API_KEY}
    monkeypatch.setattr(
        proxy_server, "llm_router", litellm.Router(model_list=[{"model_name": "claude", "litellm_params": deployment}])
    )


async def _counted(headers: dict[str, str], answer: httpx.Response) -> tuple[Any, httpx.Headers]:
    """What the route answers, and the headers that Anthropic was asked with."""
    body = json.dumps(ASKED).encode()
    raw = [(name.encode(), value.encode()) for name, value in {"content-type": "application/json", **headers}.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages/count_tokens", "query_string": b"", "headers": raw}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    with respx.mock() as router:
        route = router.post(COUNT_URL).mock(return_value=answer)
        counted = await count_tokens(Request(scope, receive), UserAPIKeyAuth(api_key="one"))
    (made,) = route.calls
    return counted, made.request.headers


@pytest.mark.asyncio
async def test_anthropic_counts_with_the_clients_token() -> None:
    """Anthropic's number comes back, and it was asked with the token as its one credential."""
    counted, sent = await _counted({"authorization": f"Bearer {TOKEN}"}, httpx.Response(200, json={"input_tokens": 11}))
    assert counted["input_tokens"] == 11
    assert {name: sent.get(name) for name in CREDENTIALS} == {
        "authorization": f"Bearer {TOKEN}",
        "x-api-key": None,
        "anthropic-beta": "token-counting-2024-11-01,oauth-2025-04-20",
        "anthropic-dangerous-direct-browser-access": "true",
        "anthropic-version": "2023-06-01",
    }


@pytest.mark.asyncio
async def test_a_refusal_reaches_the_client_as_it_is() -> None:
    """Anthropic's status, body and `retry-after`, and no estimate in their place."""
    said = {"type": "error", "error": {"type": "rate_limit_error", "message": "later"}}
    answer, _ = await _counted(
        {"authorization": f"Bearer {TOKEN}"}, httpx.Response(429, json=said, headers={"retry-after": "7"})
    )
    assert (answer.status_code, json.loads(answer.body), answer.headers["retry-after"]) == (429, said, "7")


@pytest.mark.asyncio
async def test_without_a_token_the_deployments_key_asks() -> None:
    """The control: a client that brings no token is counted for with the operator's key."""
    counted, sent = await _counted({}, httpx.Response(200, json={"input_tokens": 11}))
    assert counted["input_tokens"] == 11
    assert (sent.get("x-api-key"), sent.get("authorization")) == (API_KEY, None)


@pytest.mark.asyncio
@pytest.mark.skipif(
    "client_oauth_token" not in inspect.signature(AnthropicTokenCounter).parameters,
    reason="this release's counter is given no token",
)
async def test_a_counter_sends_no_clients_token_to_another_origin() -> None:
    """A counter that is handed a client's token, and has no key of its deployment's, asks nobody: that token is not for any origin."""
    deployment = {"litellm_params": {"api_base": "https://gateway.example"}}
    with respx.mock(assert_all_called=False) as router:
        route = router.route(host="gateway.example").mock(return_value=httpx.Response(200, json={"input_tokens": 11}))
        counter = AnthropicTokenCounter(client_oauth_token=TOKEN)
        counted = await counter.count_tokens("claude-sonnet-4-5", [*ASKED["messages"]], None, deployment)
    assert not route.called
    assert counted is None or counted.error is True
