"""The headers of a chat completion with an OAuth token."""

from __future__ import annotations

from typing import Any

import pytest

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
ASKED = {
    "model": "anthropic/claude-sonnet-4-5",
    "messages": [{"role": "user", "content": "Say hello."}],
    "max_tokens": 16,
}
CALLS = [
    pytest.param("completion", ASKED, MESSAGE, id="completion"),
    pytest.param("acompletion", ASKED, MESSAGE, id="acompletion"),
    pytest.param(
        "responses",
        {"model": "anthropic/claude-sonnet-4-5", "input": "Say hello.", "max_output_tokens": 16},
        MESSAGE,
        id="responses",
    ),
]


@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """Whichever way it came: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
