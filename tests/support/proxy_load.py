"""Many clients of a proxy at once, and whether each kept its own token."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping

import aiohttp

from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import MODEL

_IN_FLIGHT = 64
_PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/anthropic/v1/messages")


def assert_each_keeps_its_token(stage: Scene, proxy: Proxy, key: Mapping[str, str], number: int) -> None:
    """Send that many requests, 64 in flight, each with a token of its own: every one is answered, and arrived once with its own token.

    key: the header that holds the LiteLLM key.
    """
    tokens = [stage.token() for _ in range(number)]
    stage.clear()
    answers = asyncio.run(_burst(proxy.url, key, tokens))
    assert answers == {200: number}
    sent = {_sender(request.body): wire_headers(request)["authorization"] for request in stage.anthropic.requests}
    assert sent == {number: f"Bearer {token}" for number, token in enumerate(tokens)}
    assert len(stage.anthropic.requests) == number and not stage.third.requests and not stage.other_calls()


async def _burst(url: str, key: Mapping[str, str], tokens: list[str]) -> Counter[int]:
    connections = aiohttp.TCPConnector(limit=_IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connections, timeout=aiohttp.ClientTimeout(total=300)) as client:

        async def send(number: int, token: str) -> int:
            path = _PATHS[number % len(_PATHS)]
            headers = {**key, "Authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"}
            async with client.post(url + path, headers=headers, json=_body(path, f"I am client {number}.")) as answer:
                await answer.read()
                return answer.status

        return Counter(await asyncio.gather(*(send(number, token) for number, token in enumerate(tokens))))


def _body(path: str, said: str) -> dict[str, object]:
    """A request whose text arrives at Anthropic, so that each outbound request can be told by who sent it."""
    if path == "/v1/responses":
        return {"model": "claude", "input": said}
    model = MODEL if path.startswith("/anthropic/") else "claude"
    return {"model": model, "max_tokens": 16, "messages": [{"role": "user", "content": said}]}


def _sender(body: bytes) -> int:
    text = json.dumps(json.loads(body))
    return int(text.partition("I am client ")[2].partition(".")[0])
