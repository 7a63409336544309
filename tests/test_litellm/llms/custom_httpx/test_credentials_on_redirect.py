"""No credential follows a redirect to another origin."""

from __future__ import annotations

import secrets

import httpx
import pytest
import respx

from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
ANTHROPIC, ELSEWHERE = "https://api.anthropic.com", "https://elsewhere.example"
# What the HTTP client adds of itself.
TRANSPORT = {"accept", "accept-encoding", "connection", "host", "user-agent"}
CREDENTIALS = [
    pytest.param({"authorization": f"Bearer {TOKEN}", "anthropic-version": "2023-06-01"}, id="token"),
    pytest.param({"x-api-key": API_KEY, "anthropic-version": "2023-06-01"}, id="api key"),
]


async def _got(url: str, headers: dict[str, str], is_async: bool) -> None:
    if not is_async:
        HTTPHandler().get(url, headers=headers, follow_redirects=True)
        return
    handler = AsyncHTTPHandler()
    await handler.client.aclose()
    handler.client = handler.create_client(timeout=None, event_hooks=None, shared_session=None)
    await handler.get(url, headers=headers, follow_redirects=True)


async def _arrived(location: str, headers: dict[str, str], is_async: bool) -> dict[str, str]:
    """The headers that arrive where a request of Anthropic's origin is redirected to, without the HTTP client's own."""
    with respx.mock() as router:
        router.get(f"{ANTHROPIC}/one").mock(return_value=httpx.Response(307, headers={"location": location}))
        there = router.get(path="/two").mock(return_value=httpx.Response(200))
        await _got(f"{ANTHROPIC}/one", headers, is_async)
    (made,) = there.calls
    return {name: value for name, value in made.request.headers.items() if name not in TRANSPORT}


@pytest.fixture(autouse=True)
def _httpx_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litellm.disable_aiohttp_transport", True)


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("headers", CREDENTIALS)
async def test_no_credential_follows_a_redirect_to_another_origin(headers: dict[str, str], is_async: bool) -> None:
    """What arrives there has every header of the request but the credential."""
    assert await _arrived(f"{ELSEWHERE}/two", headers, is_async) == {"anthropic-version": "2023-06-01"}


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("headers", CREDENTIALS)
async def test_a_redirect_within_the_origin_keeps_the_credential(headers: dict[str, str], is_async: bool) -> None:
    """A path that moved is asked with the same headers."""
    assert await _arrived("/two", headers, is_async) == headers
