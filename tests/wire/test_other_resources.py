"""Batches, files and fine-tuning jobs of another provider: a token in the caller's headers is not sent along there either."""

from __future__ import annotations

import asyncio
import json
import operator
from typing import Any

import pytest

import litellm
from tests.support.origin import Answer, Origin, Request

_BATCH = {"id": "batch_other", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file_other", "status": "cancelling"}
_BATCH_WHOLE = {**_BATCH, "completion_window": "24h", "created_at": 1767323045}
_FILE = {
    "id": "file_other",
    "object": "file",
    "bytes": 5,
    "created_at": 1767323045,
    "filename": "a",
    "purpose": "batch",
    "status": "processed",
}
_CALLS: dict[str, dict[str, object]] = {
    "create_batch": {"completion_window": "24h", "endpoint": "/v1/chat/completions", "input_file_id": "file_other"},
    "retrieve_batch": {"batch_id": "batch_other"},
    "list_batches": {},
    "cancel_batch": {"batch_id": "batch_other"},
    "create_file": {"file": ("a.jsonl", b"{}\n"), "purpose": "batch"},
    "file_list": {},
    "file_retrieve": {"file_id": "file_other"},
    "file_delete": {"file_id": "file_other"},
    "file_content": {"file_id": "file_other"},
    "list_fine_tuning_jobs": {},
}
_NAMES = [name for sync in _CALLS for name in (sync, f"a{sync}") if hasattr(litellm, name)]


def _answer(request: Request) -> Answer:
    """As OpenAI, whose interface these calls were made for: one thing by its id, or a page of them."""
    one = _BATCH_WHOLE if "/batches" in request.path else _FILE
    is_page = request.method == "GET" and request.path.endswith(("/batches", "/files", "/jobs"))
    page = {"object": "list", "data": [] if request.path.endswith("/jobs") else [one], "has_more": False}
    body = {"id": "file_other", "object": "file", "deleted": True} if request.method == "DELETE" else page if is_page else one
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", _NAMES)
async def test_another_providers_stored_things_are_asked_for_without_the_token(name: str, names: dict[str, str]) -> None:
    """The call goes through on the provider's own key, with neither the token nor its beta in header, body or URL."""
    function = operator.attrgetter(name)(litellm)
    headers = {"Authorization": f"Bearer {names['token']}", "anthropic-beta": "oauth-2025-04-20"}
    given: dict[str, Any] = {**_CALLS[name.removeprefix("a") if name.removeprefix("a") in _CALLS else name], "extra_headers": headers}
    with Origin(_answer) as origin:
        given.update(custom_llm_provider="openai", api_base=origin.url, api_key="key-of-openai", max_retries=0)
        await (function(**given) if asyncio.iscoroutinefunction(function) else asyncio.to_thread(function, **given))
        assert origin.requests
        for request in origin.requests:
            assert request.header("authorization") == "Bearer key-of-openai"
            whole = f"{request.target}\n{request.headers}\n{request.body!r}"
            assert names["token"] not in whole
            assert "oauth-2025-04-20" not in whole
    assert headers == {"Authorization": f"Bearer {names['token']}", "anthropic-beta": "oauth-2025-04-20"}
