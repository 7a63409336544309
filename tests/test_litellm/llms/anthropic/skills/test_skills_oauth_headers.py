"""The headers of skill requests with an OAuth token."""

from __future__ import annotations

from typing import Any

import pytest

SKILL = {
    "id": "skill_one",
    "type": "skill",
    "display_title": "A skill",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "latest_version": "1",
    "source": "custom",
}
UPLOAD: dict[str, Any] = {
    "display_title": "A skill",
    "files": [("skill/SKILL.md", b"---\nname: skill\n---\n", "text/markdown")],
}
ANTHROPIC = {"custom_llm_provider": "anthropic"}
CALLS = [
    pytest.param("create_skill", {**UPLOAD, **ANTHROPIC}, SKILL, id="create_skill"),
    pytest.param("list_skills", ANTHROPIC, {"data": [SKILL], "has_more": False, "next_page": None}, id="list_skills"),
    pytest.param("get_skill", {"skill_id": "skill_one", **ANTHROPIC}, SKILL, id="get_skill"),
    pytest.param(
        "delete_skill",
        {"skill_id": "skill_one", **ANTHROPIC},
        {"id": "skill_one", "type": "skill_deleted"},
        id="delete_skill",
    ),
]


@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """Whichever way it came: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
