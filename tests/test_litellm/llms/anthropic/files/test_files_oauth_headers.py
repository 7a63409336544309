"""The headers of file requests with an OAuth token."""

from __future__ import annotations

from typing import Any

import pytest

FILE = {
    "id": "file_one",
    "type": "file",
    "filename": "note.txt",
    "mime_type": "text/plain",
    "size_bytes": 5,
    "created_at": "2026-01-01T00:00:00Z",
    "downloadable": False,
}
FILES: dict[str, Any] = {"data": [FILE], "has_more": False, "first_id": "file_one", "last_id": "file_one"}
UPLOAD: dict[str, Any] = {
    "file": ("note.txt", b"hello", "text/plain"),
    "purpose": "messages",
    "custom_llm_provider": "anthropic",
}
NAMED = {"file_id": "file_one", "custom_llm_provider": "anthropic"}
CALLS = [
    pytest.param("create_file", UPLOAD, FILE, id="create_file"),
    pytest.param("file_list", {"custom_llm_provider": "anthropic"}, FILES, id="file_list"),
    pytest.param("file_retrieve", NAMED, FILE, id="file_retrieve"),
    pytest.param("file_delete", NAMED, {"id": "file_one", "type": "file_deleted"}, id="file_delete"),
    pytest.param("file_content", NAMED, {}, id="file_content"),
    pytest.param("afile_content", NAMED, {}, id="afile_content"),
]


@pytest.mark.parametrize(("call", "given", "answer"), CALLS)
def test_a_token_goes_out_as_the_one_credential(
    call: str, given: dict[str, Any], answer: dict[str, Any], anthropic_wire: Any, token_way: dict[str, Any]
) -> None:
    """Whichever way it came: all that goes out with an API key, and the token with its beta in the place of that key."""
    control = anthropic_wire.control(call, answer, **given)
    assert anthropic_wire.sent(call, answer, **given, **token_way) == anthropic_wire.with_token(control)
