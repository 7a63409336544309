"""Hooks for a proxy that change a request or its answer, each where a request's text names it, and that change alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import HTTPException

from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.integrations.custom_logger import CustomLogger


def _asks_for(what: str, data: dict[str, Any]) -> bool:
    return f"change-{what}" in json.dumps(data.get("messages"))


def _redacted(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "messages": json.loads(json.dumps(data["messages"]).replace("secret", "[redacted]"))}


class Changer(CustomLogger):
    """The hooks that may change something, ahead of a call, of a deployment's and of the request to Anthropic, and behind each."""

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any) -> dict[str, Any]:
        data["note_of_the_hooks_own"] = True
        if _asks_for("fields", data):
            data["metadata"] = {**(data.get("metadata") or {}), "user_id": "somebody", "note": "of the hook's own"}
            data["temperature"] = 0.5
            data["thinking"]["budget_tokens"] = 1024
            del data["output_config"]
        return _redacted(data) if _asks_for("messages", data) else data

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any]:
        return _redacted(kwargs) if _asks_for("deployment", kwargs) else kwargs

    async def async_post_call_success_deployment_hook(self, request_data: dict[str, Any], response: Any, call_type: Any) -> Any:
        return {**response, "content": [{"type": "text", "text": "Changed."}]} if _asks_for("deployed", request_data) else response

    async def async_pre_request_hook(self, model: str, messages: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        if _asks_for("tools", {"messages": messages}):
            kwargs["tools"][0]["description"] = "Changed."
        return kwargs

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        if _asks_for("answer", data):
            response["content"][0]["text"] = "Changed."
        return response

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        changes = _asks_for("answer", request_data)
        async for part in response:
            yield part.replace(b"Hello", b"Changed") if changes and isinstance(part, bytes) else part


class Masking(CustomGuardrail):
    """A guardrail that masks a request ahead of the call, and blocks an answer."""

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any) -> dict[str, Any]:
        if _asks_for("blocked", data):
            raise HTTPException(status_code=400, detail={"error": "Blocked."})
        return _redacted(data) if _asks_for("guarded", data) else data

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        if _asks_for("kept", data):
            raise HTTPException(status_code=400, detail={"error": "Kept back."})


changer = Changer()
