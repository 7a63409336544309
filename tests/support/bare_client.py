"""A client that adds nothing of its own: the headers and the body it is given, byte for byte, and the answer as it came.

What it is given here has the shape of what Claude Code sends; its content is made up.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.standin import OAUTH_BETA

Headers = Sequence[tuple[str, str]]

BETAS = f"claude-code-20250219,{OAUTH_BETA},interleaved-thinking-2025-05-14,context-management-2025-06-27"


@dataclass(frozen=True)
class Reply:
    """An answer: `headers` keep order and repetition; `broken` says that the body broke off."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    broken: bool


def ask(url: str, target: str, headers: Headers, body: bytes, method: str = "POST") -> Reply:
    """Send one request and read its answer to the end, or to where it breaks off."""
    connection = opened(url, target, headers, body, method)
    try:
        answer = connection.getresponse()
        received, broken = bytearray(), False
        try:
            while part := answer.read1(65536):
                received += part
        except (http.client.HTTPException, ConnectionError):
            broken = True
        return Reply(answer.status, tuple((name.lower(), value) for name, value in answer.getheaders()), bytes(received), broken)
    finally:
        connection.close()


def opened(url: str, target: str, headers: Headers, body: bytes, method: str = "POST") -> http.client.HTTPConnection:
    """A connection on which this request was sent, and nothing of its answer read."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in (*headers, ("content-length", str(len(body)))):
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection


def headers_of_claude_code(token: str) -> list[tuple[str, str]]:
    """What Claude Code sends beside a message, with a token for its own."""
    return [
        ("accept", "application/json"),
        ("authorization", f"Bearer {token}"),
        ("content-type", "application/json"),
        ("user-agent", "claude-cli/2.1.0 (external, cli)"),
        ("x-claude-code-session-id", "00000000-0000-4000-8000-000000000000"),
        ("x-stainless-arch", "made-up"),
        ("x-stainless-lang", "js"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-timeout", "600"),
        ("anthropic-beta", BETAS),
        ("anthropic-dangerous-direct-browser-access", "true"),
        ("anthropic-version", "2023-06-01"),
        ("x-app", "cli"),
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("accept-encoding", "gzip, deflate"),
    ]


def body_of_claude_code(model: str, *, stream: bool) -> bytes:
    """A message of Claude Code's shape, with what LiteLLM drops, changes or does not know, written as JavaScript writes JSON."""
    message = {
        "model": model,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Grüße, say hello.", "cache_control": {"type": "ephemeral"}}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a/b", "model": "x"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": ""}]},
        ],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "tools": [{"name": "Read", "description": "Reads.", "input_schema": {"type": "object", "properties": {}}, "defer_loading": False}],
        "metadata": {"user_id": "user_1_account__session_2", "more": 1},
        "max_tokens": 32000,
        "thinking": {"budget_tokens": 31999, "type": "enabled"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
        "something_new": {"ratio": 1.50, "none": None, "list": [1, "two"]},
    }
    text = json.dumps({**message, **({"stream": True} if stream else {})}, separators=(",", ":"), ensure_ascii=False)
    return text.replace('"ratio":1.5,', '"ratio":1.50,').encode()
