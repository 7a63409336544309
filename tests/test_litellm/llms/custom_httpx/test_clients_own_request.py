"""A request that LiteLLM makes of a client's own leaves as the client made it, and no other call does."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
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
BEARER = {"authorization": f"Bearer {TOKEN}"}
CALL = {"model": "anthropic/claude-sonnet-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello."}]}
# Spaced as no JSON writer of LiteLLM's does it, with a field that LiteLLM does not know.
BODY = json.dumps({**CALL, "model": "claude-sonnet-4-5", "unknown_field": {"kept": True}}, indent=1).encode()
CLIENTS = {"anthropic-version": "2023-06-01", "user-agent": "client/1.2.3", "x-app": "cli", "x-session": "one"}


def _asked() -> Any:
    """A client's own request, as the proxy has read it."""
    from litellm.llms.anthropic.clients_request import ClientsRequest

    asked = ClientsRequest(b"beta=true", [*CLIENTS.items(), ("authorization", f"Bearer {TOKEN}"), ("cookie", "a=b")])
    asked.body += BODY
    asked.hand_on(CALL)
    return asked


async def _sent(**given: Any) -> httpx.Request:
    """The one request that a call makes while a client's own is served."""
    from litellm.llms.anthropic.clients_request import serving

    with respx.mock() as router, serving(_asked()):
        route = router.route(host="api.anthropic.com").mock(return_value=httpx.Response(200, json=MESSAGE))
        await litellm.anthropic.messages.acreate(**{**CALL, **given})
    (made,) = route.calls
    return made.request


@pytest.fixture(autouse=True)
def _httpx_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    litellm.in_memory_llm_clients_cache.flush_cache()


@pytest.mark.asyncio
async def test_the_call_that_is_made_of_it_leaves_as_the_client_made_it() -> None:
    """Query, body and headers are the client's to the byte, and beside them stand only the token, its beta and what frames a message."""
    made = await _sent(extra_headers=BEARER)
    assert (made.url.query, made.content) == (b"beta=true", BODY)
    assert {name: value for name, value in made.headers.items() if name not in ("content-length", "host")} == {
        **CLIENTS,
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": "oauth-2025-04-20",
        "anthropic-dangerous-direct-browser-access": "true",
        "accept-encoding": "identity",
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"api_key": API_KEY}, id="the operator's key"),
        pytest.param(
            {
                "messages": [{"role": "user", "content": "Is that harmful?"}],
                "extra_headers": BEARER,
            },
            id="a call of LiteLLM's own",
        ),
    ],
)
async def test_any_other_call_is_litellms_own(given: dict[str, Any]) -> None:
    """One with an API key, and one that is made meanwhile, as a guardrail does, have nothing of the client's request."""
    made = await _sent(**given)
    assert made.url.query == b"" and b"unknown_field" not in made.content
    assert made.headers["user-agent"] != CLIENTS["user-agent"] and "x-app" not in made.headers


@pytest.mark.asyncio
async def test_a_refused_one_is_not_sent_again() -> None:
    """What would mend it and send it once more is given the refusal, since a client's own request is the client's to mend."""
    from litellm.llms.anthropic.clients_request import serving

    made = {**CALL, "model": "claude-sonnet-4-5"}
    refusal = httpx.Response(400, json={"type": "error", "error": {"type": "invalid_request_error", "message": "No."}})
    with respx.mock() as router, serving(_asked()):
        route = router.route(host="api.anthropic.com").mock(return_value=refusal)
        sending = AsyncHTTPHandler()
        for _ in range(2):
            with pytest.raises(httpx.HTTPStatusError, match="400"):
                await sending.post("https://api.anthropic.com/v1/messages", headers=BEARER, json=made)
    assert [call.request.content for call in route.calls] == [BODY]


@pytest.mark.asyncio
async def test_one_whose_client_has_left_has_no_answer() -> None:
    """What looks like an answer, though it ended only as the client left, is no failure of a deployment's."""
    from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
    from litellm.llms.anthropic.clients_request import serving

    asked = _asked()

    async def ends_as_the_client_leaves(_: httpx.Request) -> httpx.Response:
        await asked.leave()
        return httpx.Response(200, content=b"")

    with respx.mock() as router, serving(asked):
        router.route(host="api.anthropic.com").mock(side_effect=ends_as_the_client_leaves)
        with pytest.raises(Exception, match="went away") as failed:
            await AsyncHTTPHandler().post("https://api.anthropic.com/v1/messages", headers=BEARER, json=CALL)
    assert is_clients_own_failure(failed.value)
