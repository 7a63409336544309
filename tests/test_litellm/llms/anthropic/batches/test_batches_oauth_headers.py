"""The headers of batch requests with an OAuth token."""

from __future__ import annotations

from typing import Any

import pytest

BATCH: dict[str, Any] = {
    "id": "msgbatch_one",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z",
    "ended_at": None,
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}
NAMED = {"batch_id": "msgbatch_one", "custom_llm_provider": "anthropic"}
CALLS = [
    pytest.param("retrieve_batch", NAMED, BATCH, id="retrieve_batch"),
    pytest.param("aretrieve_batch", NAMED, BATCH, id="aretrieve_batch"),
]


@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """Whichever way it came: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
