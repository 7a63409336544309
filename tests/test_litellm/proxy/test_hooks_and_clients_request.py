"""What an operator's hooks change of a request is changed of the client's own, and nothing else is."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.caching.caching import DualCache
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.utils import ProxyLogging

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
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
ASKED: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "Call 555-0100.", "unknown_field": "kept"}],
    "unknown_field": {"kept": True},
}


class _BeforeTheCall(CustomLogger):
    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any
    ) -> Any:
        data["messages"][0]["content"] = "Call <phone>."
        return data


class _OfTheDeployment(CustomLogger):
    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any]:
        return {**kwargs, "max_tokens": 8}


async def _body_sent(monkeypatch: pytest.MonkeyPatch, hook: CustomLogger) -> Any:
    """The body that Anthropic gets of a client's own request, as the proxy makes a call of it with this hook set."""
    from litellm.llms.anthropic.clients_request import ClientsRequest, serving

    monkeypatch.setattr(litellm, "callbacks", [hook])
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    asked = ClientsRequest(b"", [("authorization", f"Bearer {TOKEN}"), ("anthropic-version", "2023-06-01")])
    asked.body += json.dumps(ASKED).encode()
    known = {name: ASKED[name] for name in ("model", "max_tokens", "messages")}
    hooks = ProxyLogging(user_api_key_cache=DualCache())
    with respx.mock() as router, serving(asked):
        route = router.route(host="api.anthropic.com").mock(return_value=httpx.Response(200, json=MESSAGE))
        data = await hooks.pre_call_hook(UserAPIKeyAuth(), json.loads(json.dumps(known)), "anthropic_messages")
        model = f"anthropic/{data['model']}"
        await litellm.anthropic.messages.acreate(
            **{**data, "model": model}, extra_headers={"authorization": f"Bearer {TOKEN}"}
        )
    (made,) = route.calls
    return json.loads(made.request.content)


@pytest.mark.asyncio
async def test_what_a_hook_of_the_proxys_changes_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a message too, where what LiteLLM does not know stays."""
    changed = [{**ASKED["messages"][0], "content": "Call <phone>."}]
    assert await _body_sent(monkeypatch, _BeforeTheCall()) == {**ASKED, "messages": changed}


@pytest.mark.asyncio
async def test_what_a_hook_of_a_deployments_changes_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And all else leaves as the client sent it."""
    assert await _body_sent(monkeypatch, _OfTheDeployment()) == {**ASKED, "max_tokens": 8}


@pytest.mark.asyncio
async def test_without_a_change_the_body_is_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that only looks changes nothing."""
    assert await _body_sent(monkeypatch, CustomLogger()) == ASKED
