"""`/anthropic/*` in process: the headers of the outbound request, for each credential a client may bring."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from unittest import mock

import httpx
import pytest
from fastapi import Response
from starlette.requests import Request

from litellm.proxy import proxy_server
from litellm.proxy._types import UserAPIKeyAuth, hash_token
from litellm.proxy.pass_through_endpoints import llm_passthrough_endpoints, pass_through_endpoints

TOKEN = "-".join(("sk", "ant", "oat01", "made-up"))
OPERATOR_KEY = "-".join(("sk", "ant", "api03", "operator"))
LITELLM_KEY = "sk-litellm-key"
OAUTH_BETA = "oauth-2025-04-20"
OURS = {
    "authorization",
    "x-api-key",
    "x-litellm-api-key",
    "api-key",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
}


async def _sent(
    monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str], base: str, operator_key: str | None
) -> dict[str, str]:
    """The credential headers of the outbound request that the route would make."""
    monkeypatch.setenv("ANTHROPIC_API_BASE", base)
    if operator_key is None:
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    else:
        monkeypatch.setenv("ANTHROPIC_API_KEY", operator_key)
    raw = [
        (name.lower().encode(), value.encode())
        for name, value in {"host": "proxy", "anthropic-version": "2023-06-01", **headers}.items()
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/anthropic/v1/models",
        "query_string": b"",
        "headers": raw,
        "server": ("proxy", 80),
    }
    sent: list[httpx.Request] = []

    def answered(outbound: httpx.Request) -> httpx.Response:
        sent.append(outbound)
        return httpx.Response(200, json={})

    async def no_body() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    caller = UserAPIKeyAuth(api_key=LITELLM_KEY, token=hash_token(LITELLM_KEY))
    async with httpx.AsyncClient(transport=httpx.MockTransport(answered)) as client:
        with mock.patch.object(
            pass_through_endpoints, "get_async_httpx_client", return_value=SimpleNamespace(client=client)
        ):
            await llm_passthrough_endpoints.anthropic_proxy_route(
                "v1/models", Request(scope, no_body), Response(), caller
            )
    (outbound,) = sent
    return {name: value for name, value in outbound.headers.items() if name in OURS}


@pytest.mark.parametrize("operator_key", [OPERATOR_KEY, None], ids=["operator-has-a-key", "operator-has-none"])
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer  "])
@pytest.mark.parametrize("key_header", ["x-litellm-api-key", "x-api-key", "api-key"])
@pytest.mark.asyncio
async def test_the_clients_token_goes_out_alone(
    monkeypatch: pytest.MonkeyPatch, key_header: str, scheme: str, operator_key: str | None
) -> None:
    """Token, its beta beside the client's, the browser header: with or without a key of the operator's, wherever the LiteLLM key stands."""
    headers = {key_header: LITELLM_KEY, "Authorization": scheme + TOKEN, "anthropic-beta": "one"}
    sent = await _sent(monkeypatch, headers, "https://api.anthropic.com", operator_key)
    assert {**sent, "anthropic-beta": sorted(sent["anthropic-beta"].split(","))} == {
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": sorted(("one", OAUTH_BETA)),
        "anthropic-dangerous-direct-browser-access": "true",
    }


@pytest.mark.asyncio
async def test_another_origin_gets_the_operators_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base that is neither Anthropic's nor listed is called with the operator's key; the client's betas but the OAuth one stay."""
    headers = {
        "x-litellm-api-key": LITELLM_KEY,
        "Authorization": f"Bearer {TOKEN}",
        "anthropic-beta": f"one,{OAUTH_BETA}",
    }
    sent = await _sent(monkeypatch, headers, "https://gateway.example/base", OPERATOR_KEY)
    assert sent == {"x-api-key": OPERATOR_KEY, "anthropic-beta": "one"}


@pytest.mark.parametrize("header", ["Authorization", "x-litellm-api-key", "x-api-key"])
@pytest.mark.asyncio
async def test_without_a_token_the_operators_key_goes_out(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    """A client without a token is served with the operator's key, and its LiteLLM key stays here."""
    value = f"Bearer {LITELLM_KEY}" if header == "Authorization" else LITELLM_KEY
    assert await _sent(monkeypatch, {header: value}, "https://api.anthropic.com", OPERATOR_KEY) == {
        "x-api-key": OPERATOR_KEY
    }


@pytest.mark.parametrize("header", ["x-litellm-api-key", "my-key"])
def test_what_callbacks_are_told_of_a_request_has_no_litellm_key(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    """The header that the key comes in is redacted, also where the operator has LiteLLM look for it under a name of its own."""
    monkeypatch.setitem(proxy_server.general_settings, "litellm_key_header_name", "my-key")
    raw = [(header.encode(), LITELLM_KEY.encode()), (b"x-notes", b"kept")]
    scope = {"type": "http", "method": "POST", "path": "/anthropic/v1/messages", "query_string": b"", "headers": raw}
    helpers = pass_through_endpoints.HttpPassThroughEndpointHelpers
    names = ("init_kwargs_for_pass_through_endpoint", "_init_kwargs_for_pass_through_endpoint")
    describe = next(getattr(helpers, name) for name in names if hasattr(helpers, name))
    request = Request({**scope, "scheme": "http", "server": ("proxy", 80)})
    told = describe(request, UserAPIKeyAuth(), mock.MagicMock(), mock.MagicMock(), {}, "a call")
    headers = told["litellm_params"]["proxy_server_request"]["headers"]
    assert headers == {header: "REDACTED", "x-notes": "kept"}
