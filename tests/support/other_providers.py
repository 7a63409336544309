"""Answers of origins that are not Anthropic, enough for LiteLLM's calls to succeed: OpenAI, Bedrock, Vertex, and who copies Anthropic."""

from __future__ import annotations

import json
from urllib.parse import unquote

from tests.support.origin import Answer, Request
from tests.support.standin import MODEL, REPLY


def answer(request: Request) -> Answer:
    """By the shape of the path; a request no provider here knows is an error of the test."""
    path = unquote(request.path)
    if path.endswith("/mcp"):
        return _mcp(request)
    if path.endswith("/chat/completions"):
        return _json(_asking_the_advisor() if _has_an_advisor_unasked(request) else _OPENAI_CHAT)
    if path.endswith("/responses"):
        return _json(_asking_the_advisor_in_a_response() if _has_an_advisor_unasked(request) else _OPENAI_RESPONSE)
    if path.endswith("/embeddings"):
        return _json(_OPENAI_EMBEDDING)
    if path.endswith("/converse"):
        return _json(_BEDROCK_CONVERSE)
    if path.endswith(("/invoke", ":rawPredict", "/v1/messages", ":predict")):
        return _json(_ANTHROPIC_MESSAGE)
    raise LookupError(f"no other provider has {request.method} {request.target}")


def _has_an_advisor_unasked(request: Request) -> bool:
    """Whether a model is offered LiteLLM's advisor as a tool and has had no answer of a tool yet, in either of OpenAI's shapes."""
    asked = json.loads(request.body)
    offered = [tool.get("name") or tool.get("function", {}).get("name") for tool in asked.get("tools") or ()]
    turns = asked.get("messages") or asked.get("input") or ()
    answered = [
        turn for turn in turns if isinstance(turn, dict) and (turn.get("role") == "tool" or turn.get("type") == "function_call_output")
    ]
    return "advisor" in offered and not answered


def _asking_the_advisor() -> dict[str, object]:
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_advisor", "type": "function", "function": _QUESTION}]}
    return {**_OPENAI_CHAT, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}


def _asking_the_advisor_in_a_response() -> dict[str, object]:
    call = {"type": "function_call", "id": "fc_advisor", "call_id": "call_advisor", "status": "completed", **_QUESTION}
    return {**_OPENAI_RESPONSE, "output": [call]}


def _mcp(request: Request) -> Answer:
    """A server of the Model Context Protocol with one tool, over plain HTTP: without sessions, and with nothing to say by itself."""
    if request.method != "POST":
        return Answer(405 if request.method == "GET" else 200)
    asked = json.loads(request.body)
    if "id" not in asked:
        return Answer(202)
    version = asked.get("params", {}).get("protocolVersion", "2025-03-26")
    results: dict[str, dict[str, object]] = {
        "initialize": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "a server", "version": "1"}},
        "tools/list": {"tools": [{"name": "hello", "description": "Says hello.", "inputSchema": {"type": "object", "properties": {}}}]},
        "tools/call": {"content": [{"type": "text", "text": REPLY}], "isError": False},
    }
    return _json({"jsonrpc": "2.0", "id": asked["id"], "result": results.get(asked["method"], {})})


def _json(body: dict[str, object]) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})


_QUESTION = {"name": "advisor", "arguments": '{"question": "What to say?"}'}
_OPENAI_CHAT: dict[str, object] = {
    "id": "chatcmpl-other",
    "object": "chat.completion",
    "created": 1767323045,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": REPLY}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
}
_OPENAI_EMBEDDING: dict[str, object] = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}
_OPENAI_RESPONSE: dict[str, object] = {
    "id": "resp_other",
    "object": "response",
    "created_at": 1767323045,
    "status": "completed",
    "model": "gpt-4o-mini",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "output": [
        {
            "type": "message",
            "id": "msg_other",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": REPLY, "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    },
}
_BEDROCK_CONVERSE: dict[str, object] = {
    "output": {"message": {"role": "assistant", "content": [{"text": REPLY}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
    "metrics": {"latencyMs": 1},
}
_ANTHROPIC_MESSAGE: dict[str, object] = {
    "id": "msg_other",
    "type": "message",
    "role": "assistant",
    "model": MODEL,
    "content": [{"type": "text", "text": REPLY}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
