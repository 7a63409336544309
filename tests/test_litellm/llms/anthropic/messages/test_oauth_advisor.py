"""The headers of the request that an advisor is asked with, beside a model of another provider."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.types.llms import anthropic

ELSEWHERE = "https://gateway.example"
ADVISOR = {"type": "advisor_20260301", "name": "advisor", "model": "anthropic/claude-opus-4-5"}
# What the HTTP client adds of itself.
TRANSPORT = {"accept-encoding", "connection", "content-length", "host", "user-agent"}


def _message(content: dict[str, Any]) -> httpx.Response:
    message = {"id": "msg_one", "type": "message", "role": "assistant", "model": "claude", "content": [content]}
    reason = "tool_use" if content["type"] == "tool_use" else "end_turn"
    usage = {"input_tokens": 3, "output_tokens": 5}
    return httpx.Response(200, json={**message, "stop_reason": reason, "stop_sequence": None, "usage": usage})


async def _sent(**given: Any) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The headers that Anthropic's advisor is asked with, and those of each request to the other provider."""
    asks = {"type": "tool_use", "id": "toolu_one", "name": "advisor", "input": {"question": "How?"}}
    says = {"type": "text", "text": "Hello."}
    with respx.mock() as router:
        other = router.route(host="gateway.example").mock(side_effect=[_message(asks), _message(says)])
        anthropic = router.route(host="api.anthropic.com").mock(return_value=_message(says))
        await litellm.anthropic.messages.acreate(
            model="azure_ai/claude-sonnet-4-5",
            api_base=ELSEWHERE,
            api_key="made-up",
            messages=[{"role": "user", "content": "Say hello."}],
            max_tokens=16,
            tools=[ADVISOR],
            **given,
        )
    (asked,) = (
        {name: value for name, value in made.request.headers.items() if name not in TRANSPORT}
        for made in anthropic.calls
    )
    return asked, [dict(made.request.headers) for made in other.calls]


@pytest.mark.asyncio
@pytest.mark.skipif(not hasattr(anthropic, "ANTHROPIC_ADVISOR_TOOL_TYPE"), reason="this release has no advisor")
async def test_an_advisor_is_asked_with_the_token_and_the_model_without(
    anthropic_wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that goes out with the operator's key, and the client's token in its place; the other provider has its own credential."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", anthropic_wire.api_key)
    control, _ = await _sent()
    assert control["x-api-key"] == anthropic_wire.api_key and "authorization" not in control
    asked, others = await _sent(extra_headers=anthropic_wire.bearer)
    assert asked == anthropic_wire.with_token(control)
    assert len(others) == 2
    for headers in others:
        assert anthropic_wire.token not in str(headers) and "made-up" in str(headers)
