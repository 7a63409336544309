"""A client's own request with its own OAuth token: it leaves the proxy as it came, and Anthropic's answer comes back as it was given."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
import respx
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

import litellm

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
MESSAGE: dict[str, Any] = {
    "id": "msg_one",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
ASKED = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "Say hello."}],
    "metadata": {"user_id": "one"},
    "unknown_field": {"kept": True},
}
HEADERS = {
    "authorization": f"Bearer {TOKEN}",
    "anthropic-version": "2023-06-01",
    "user-agent": "client/1.2.3",
    "x-app": "cli",
    "x-session": "one",
}


async def _proxy(scope: Scope, receive: Receive, send: Send) -> None:
    """What the proxy does of a request for messages: it reads it into arguments, and makes a call of its own of them."""
    from litellm.llms.anthropic.clients_request import clients_request

    asked = await Request(scope, receive).json()
    known = {name: asked[name] for name in ("model", "max_tokens", "messages")}
    served = clients_request()
    assert served is not None
    served.hand_on(known)
    answer = await litellm.anthropic.messages.acreate(
        **{**known, "model": f"anthropic/{known['model']}"}, extra_headers={"authorization": f"Bearer {TOKEN}"}
    )
    await JSONResponse({**answer, "added": "by the proxy"})(scope, receive, send)


@pytest.mark.asyncio
async def test_a_clients_own_request_and_its_answer_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Query, headers and body reach Anthropic as the client sent them, and its body and headers the client as Anthropic sent them."""
    from litellm.proxy.client_headers import SealsClientTokens
    from litellm.proxy.transparency import ServesTransparently

    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    body = json.dumps(MESSAGE, indent=3).encode()
    with respx.mock() as router:
        route = router.route(host="api.anthropic.com").mock(
            return_value=httpx.Response(
                200, content=body, headers={"content-type": "application/json", "request-id": "req_one"}
            )
        )
        transport = httpx.ASGITransport(SealsClientTokens(ServesTransparently(_proxy)))
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as client:
            answer = await client.post("/v1/messages?beta=true", json=ASKED, headers=HEADERS)
    (made,) = route.calls
    assert made.request.url.query == b"beta=true"
    assert json.loads(made.request.content) == ASKED
    assert {name: made.request.headers.get(name) for name in HEADERS} == HEADERS
    assert (answer.status_code, answer.content, answer.headers["request-id"]) == (200, body, "req_one")
