"""Many clients at once: nobody's token is ever another's."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import httpx
import pytest

from tests.proxy.conftest import CUSTOM_KEY_HEADER
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT_HEADERS
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import MODEL

REQUESTS = 1_000
IN_FLIGHT = 64


def _body(path: str, said: str) -> dict[str, object]:
    """A request whose text arrives at Anthropic, so that each outbound request can be told by who sent it."""
    if path == "/v1/responses":
        return {"model": "claude", "input": said}
    model = MODEL if path.startswith("/anthropic/") else "claude"
    return {"model": model, "max_tokens": 16, "messages": [{"role": "user", "content": said}]}


async def _burst(url: str, key: dict[str, str], tokens: list[str], paths: tuple[str, ...]) -> Counter[int]:
    limit = asyncio.Semaphore(IN_FLIGHT)
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits, trust_env=False) as client:

        async def send(number: int, token: str) -> int:
            path = paths[number % len(paths)]
            async with limit:
                headers = {**CLIENT_HEADERS, **key, "Authorization": f"Bearer {token}"}
                return (await client.post(path, headers=headers, json=_body(path, f"I am client {number}."))).status_code

        return Counter(await asyncio.gather(*(send(number, token) for number, token in enumerate(tokens))))


def _sender(body: bytes) -> int:
    text = json.dumps(json.loads(body))
    return int(text.partition("I am client ")[2].partition(".")[0])


@pytest.mark.parametrize("name", ["keyless_proxy", "workers"])
def test_a_thousand_clients_each_keep_their_own_token(stage: Scene, request: pytest.FixtureRequest, name: str) -> None:
    """1,000 requests, 64 in flight, over four routes: each arrives once, with its sender's token, and nothing else goes out."""
    proxy: Proxy = request.getfixturevalue(name)
    key = stage.virtual_key() if name == "workers" else stage.litellm_key
    header = "x-litellm-api-key" if name == "workers" else CUSTOM_KEY_HEADER
    tokens = [stage.token() for _ in range(REQUESTS)]
    stage.clear()
    paths = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/anthropic/v1/messages")
    answers = asyncio.run(_burst(proxy.url, {header: f"Bearer {key}"}, tokens, paths))
    assert answers == {200: REQUESTS}
    sent = {_sender(request.body): wire_headers(request)["authorization"] for request in stage.anthropic.requests}
    assert sent == {number: f"Bearer {token}" for number, token in enumerate(tokens)}
    assert len(stage.anthropic.requests) == REQUESTS and not stage.third.requests and not stage.other_calls()
