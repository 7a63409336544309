"""The headers of the legacy `/v1/complete` with an OAuth token in the caller's headers."""

from __future__ import annotations

from typing import Any

import pytest

ANSWER = {"completion": "Hello.", "stop_reason": "stop_sequence", "model": "claude-2.1", "log_id": "one"}
ASKED = {
    "model": "anthropic_text/claude-2.1",
    "messages": [{"role": "user", "content": "Say hello."}],
    "max_tokens": 16,
}
CALLS = [
    pytest.param("completion", ASKED, ANSWER, id="completion"),
    pytest.param("acompletion", ASKED, ANSWER, id="acompletion"),
]


@pytest.mark.parametrize("token_way", ["extra_headers", "extra_headers beside a key"], indirect=True)
@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """With a key beside it or without: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
