"""`LITELLM_RUST=1`: the native route for messages leaves a call with an OAuth token to Python, which sends the token's beta."""

from __future__ import annotations

import secrets

import httpx
import pytest
import respx

import litellm

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
# Nothing listens there: a request that Python makes is answered by respx, one that native code makes fails.
BASE = "http://127.0.0.1:9"
MESSAGE = {
    "id": "msg_one",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["api_key", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
async def test_a_token_goes_out_by_python(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is Python's, with the token as a bearer and its beta."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LITELLM_RUST", "1")
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    given = {"api_key": TOKEN} if way == "api_key" else {}
    if not given:
        monkeypatch.setenv(way, TOKEN)
    with respx.mock() as router:
        route = router.post(f"{BASE}/v1/messages").mock(return_value=httpx.Response(200, json=MESSAGE))
        await litellm.anthropic.messages.acreate(
            model="anthropic/claude-sonnet-4-5",
            messages=[{"role": "user", "content": "Say hello."}],
            max_tokens=16,
            api_base=BASE,
            **given,
        )
    (made,) = route.calls
    assert made.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "oauth-2025-04-20" in made.request.headers["anthropic-beta"].split(",")
    assert "x-api-key" not in made.request.headers
