"""No credential leaves by a redirect to another origin, nor for an address that may not have it."""

from __future__ import annotations

import secrets

import httpx
import pytest
import respx

from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
ANTHROPIC, ELSEWHERE = "https://api.anthropic.com", "https://elsewhere.example"
CREDENTIALS = [
    pytest.param({"authorization": f"Bearer {TOKEN}", "anthropic-version": "2023-06-01"}, id="token"),
    pytest.param({"x-api-key": API_KEY, "anthropic-version": "2023-06-01"}, id="api key"),
]


async def _got(url: str, headers: dict[str, str], is_async: bool) -> httpx.Response:
    if is_async:
        handler = AsyncHTTPHandler()
        await handler.client.aclose()
        handler.client = handler.create_client(timeout=None, event_hooks=None, shared_session=None)
        return await handler.get(url, headers=headers, follow_redirects=True)
    return HTTPHandler().get(url, headers=headers, follow_redirects=True)


@pytest.fixture(autouse=True)
def _httpx_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litellm.disable_aiohttp_transport", True)
    monkeypatch.delenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", raising=False)


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("headers", CREDENTIALS)
async def test_no_credential_follows_a_redirect_to_another_origin(headers: dict[str, str], is_async: bool) -> None:
    """What arrives there has every header of the request but the credential."""
    with respx.mock() as router:
        router.get(f"{ANTHROPIC}/one").mock(return_value=httpx.Response(307, headers={"location": f"{ELSEWHERE}/two"}))
        there = router.get(f"{ELSEWHERE}/two").mock(return_value=httpx.Response(200))
        await _got(f"{ANTHROPIC}/one", headers, is_async)
    (made,) = there.calls
    assert {name: made.request.headers.get(name) for name in ("authorization", "x-api-key", "anthropic-version")} == {
        "authorization": None,
        "x-api-key": None,
        "anthropic-version": "2023-06-01",
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("headers", CREDENTIALS)
async def test_a_redirect_within_the_origin_keeps_the_credential(headers: dict[str, str], is_async: bool) -> None:
    """A path that moved is asked with the same headers."""
    with respx.mock() as router:
        router.get(f"{ANTHROPIC}/one").mock(return_value=httpx.Response(307, headers={"location": "/two"}))
        there = router.get(f"{ANTHROPIC}/two").mock(return_value=httpx.Response(200))
        await _got(f"{ANTHROPIC}/one", headers, is_async)
    (made,) = there.calls
    assert {name: made.request.headers.get(name) for name in headers} == headers


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_another_origin_gets_no_token_whatever_code_asked_for_it(is_async: bool) -> None:
    """A request that was built with a token for an address that may not have one leaves without it."""
    with respx.mock() as router:
        there = router.get(f"{ELSEWHERE}/one").mock(return_value=httpx.Response(200))
        await _got(f"{ELSEWHERE}/one", {"authorization": f"Bearer {TOKEN}", "x-other": "kept"}, is_async)
    (made,) = there.calls
    assert TOKEN not in str(made.request.headers.raw)
    assert made.request.headers["x-other"] == "kept"


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_another_origins_own_bearer_is_left_alone(is_async: bool) -> None:
    """Only an Anthropic token is looked for: any other credential goes out as it was given."""
    with respx.mock() as router:
        there = router.get(f"{ELSEWHERE}/one").mock(return_value=httpx.Response(200))
        await _got(f"{ELSEWHERE}/one", {"authorization": "Bearer other", "x-api-key": "other"}, is_async)
    (made,) = there.calls
    assert {name: made.request.headers[name] for name in ("authorization", "x-api-key")} == {
        "authorization": "Bearer other",
        "x-api-key": "other",
    }
