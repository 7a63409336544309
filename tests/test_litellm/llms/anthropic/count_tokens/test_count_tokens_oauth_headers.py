"""The headers of a token count with an OAuth token."""

from __future__ import annotations

from typing import Any

import pytest

ASKED = {"model": "anthropic/claude-sonnet-4-5", "messages": [{"role": "user", "content": "Say hello."}]}
CALLS = [
    pytest.param("acount_tokens", ASKED, {"input_tokens": 3}, id="acount_tokens"),
]


@pytest.mark.parametrize("token_way", ["api_key", "ANTHROPIC_AUTH_TOKEN"], indirect=True)
@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """Whichever way it came: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
