"""The body of a request in Anthropic's own shape, with fields that LiteLLM does not know."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
import respx

import litellm

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
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
WRITTEN: dict[str, Any] = {
    "max_tokens": 16,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Say hello.", "made_up": 1}]}],
    "metadata": {"user_id": "one"},
    "made_up_field": {"kept": [1, None]},
}


async def _body_sent(monkeypatch: pytest.MonkeyPatch, **given: Any) -> dict[str, Any]:
    """The body that arrives of a call, without the `stream` that LiteLLM writes of itself."""
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    with respx.mock() as router:
        route = router.route(host="api.anthropic.com").mock(return_value=httpx.Response(200, json=MESSAGE))
        await litellm.anthropic.messages.acreate(model="anthropic/claude-sonnet-4-5", **WRITTEN, **given)
    (made,) = route.calls
    body: dict[str, Any] = json.loads(made.request.content)
    assert not body.pop("stream", False)
    return body


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "given",
    [{"api_key": TOKEN}, {"extra_headers": {"Authorization": f"Bearer {TOKEN}"}}],
    ids=["api_key", "extra_headers"],
)
async def test_with_a_token_every_field_goes_out_as_it_was_written(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And LiteLLM's own arguments do not."""
    body = await _body_sent(monkeypatch, **given, timeout=30, num_retries=0)
    assert body == {"model": "claude-sonnet-4-5", **WRITTEN}


@pytest.mark.asyncio
async def test_with_an_api_key_an_unknown_field_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it did before."""
    known = {name: value for name, value in WRITTEN.items() if name != "made_up_field"}
    assert await _body_sent(monkeypatch, api_key=API_KEY) == {"model": "claude-sonnet-4-5", **known}
