"""No OAuth token leaves for an address that may not have it, whatever code built the request."""

from __future__ import annotations

import secrets

import httpx
import pytest
import respx

import litellm
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
ANTHROPIC, ELSEWHERE = "https://api.anthropic.com/v1/one", "https://elsewhere.example/one"
# What the HTTP client adds of itself.
TRANSPORT = {"accept", "accept-encoding", "connection", "host", "user-agent"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


async def _arrived(url: str, headers: dict[str, str], is_async: bool) -> dict[str, str]:
    """The headers that arrive of a request, without the HTTP client's own."""
    with respx.mock() as router:
        there = router.get(url).mock(return_value=httpx.Response(200))
        if is_async:
            handler = AsyncHTTPHandler()
            await handler.client.aclose()
            handler.client = handler.create_client(timeout=None, event_hooks=None, shared_session=None)
            await handler.get(url, headers=headers)
        else:
            HTTPHandler().get(url, headers=headers)
    (made,) = there.calls
    return {name: value for name, value in made.request.headers.items() if name not in TRANSPORT}


@pytest.fixture(autouse=True)
def _httpx_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litellm.disable_aiohttp_transport", True)
    monkeypatch.delenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", raising=False)


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    "held", [BEARER, {"x-api-key": TOKEN}, {"cookie": f"a={TOKEN}"}], ids=["bearer", "key", "cookie"]
)
async def test_another_origin_gets_no_token_in_any_header(held: dict[str, str], is_async: bool) -> None:
    """The header that holds one is taken off, and the others arrive."""
    assert await _arrived(ELSEWHERE, {**held, "x-other": "kept"}, is_async) == {"x-other": "kept"}


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_a_listed_origin_and_anthropic_get_the_bearer_alone(
    is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a token may go it is the one credential: an x-api-key beside it would be billed in its place."""
    monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", "https://elsewhere.example")
    for url in (ANTHROPIC, ELSEWHERE):
        assert await _arrived(url, {**BEARER, "x-api-key": API_KEY, "x-other": "kept"}, is_async) == {
            **BEARER,
            "x-other": "kept",
        }


@pytest.mark.parametrize("value", [f"Token {TOKEN}", f"Bearer {TOKEN} more"])
def test_a_token_that_anthropic_would_not_take_is_refused(value: str) -> None:
    """Nothing is sent, and the error says how to write it without repeating it."""
    with respx.mock(assert_all_called=False) as router:
        route = router.route().mock(return_value=httpx.Response(200))
        with pytest.raises(litellm.AuthenticationError, match="Authorization: Bearer") as refused:
            HTTPHandler().get(ANTHROPIC, headers={"authorization": value})
    assert not route.called and TOKEN not in str(refused.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("url", [ANTHROPIC, ELSEWHERE])
async def test_any_other_credential_is_left_alone(url: str, is_async: bool) -> None:
    """Only an Anthropic OAuth token is looked for: bearers and API keys go out as they were given."""
    headers = {"authorization": "Bearer other", "x-api-key": API_KEY}
    assert await _arrived(url, headers, is_async) == headers
