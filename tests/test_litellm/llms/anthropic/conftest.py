"""What goes out to Anthropic: a call's whole set of headers, read off the request that leaves LiteLLM."""

from __future__ import annotations

import asyncio
import inspect
import operator
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
import respx

import litellm

OAUTH_BETA = "oauth-2025-04-20"
# What the HTTP client adds of itself.
_TRANSPORT = {"accept-encoding", "connection", "content-length", "host", "user-agent"}
_SETTINGS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL")


class AnthropicWire:
    """Makes calls that Anthropic answers, and gives the headers of the request that each made.

    token: an OAuth token that nobody issued. api_key: an API key that nobody issued.
    """

    def __init__(self) -> None:
        self.token = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
        self.api_key = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))

    def control(self, name: str, answer: Mapping[str, Any], **given: Any) -> dict[str, str]:
        """The headers that go out with an API key, which is their one credential."""
        headers = self.sent(name, answer, **given, api_key=self.api_key)
        assert headers["x-api-key"] == self.api_key
        assert "authorization" not in headers and OAUTH_BETA not in headers.get("anthropic-beta", "")
        return headers

    @property
    def bearer(self) -> dict[str, str]:
        """The caller's own headers with the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def sent(self, name: str, answer: Mapping[str, Any], **given: Any) -> dict[str, str]:
        """The headers of a call's one request but the HTTP client's, betas sorted. name: the function's in `litellm`."""
        try:
            call: Callable[..., Any] = operator.attrgetter(name)(litellm)
        except AttributeError:
            pytest.skip(f"this release has no {name}")
        with respx.mock(assert_all_called=False) as router:
            route = router.route(host="api.anthropic.com").mock(return_value=httpx.Response(200, json=answer))
            try:
                result = call(**given)
                if inspect.isawaitable(result):
                    asyncio.run(_awaited(result))
            except litellm.BadRequestError as refusal:
                if "doesn't support anthropic" in str(refusal):
                    pytest.skip(f"this release has no {name} for Anthropic")
                raise
        (made,) = route.calls
        headers = {name: value for name, value in made.request.headers.items() if name not in _TRANSPORT}
        if headers.get("content-type", "").startswith("multipart/form-data"):
            headers["content-type"] = "multipart/form-data"
        if "anthropic-beta" in headers:  # in whatever order
            headers["anthropic-beta"] = ",".join(sorted(headers["anthropic-beta"].split(",")))
        return headers

    def with_token(self, headers: Mapping[str, str]) -> dict[str, str]:
        """What goes out with the token where these headers go out with an API key."""
        betas = {*headers.get("anthropic-beta", OAUTH_BETA).split(","), OAUTH_BETA}
        others = {name: value for name, value in headers.items() if name not in ("x-api-key", "anthropic-beta")}
        return {
            **others,
            "authorization": f"Bearer {self.token}",
            "anthropic-beta": ",".join(sorted(betas)),
            "anthropic-dangerous-direct-browser-access": "true",
        }


async def _awaited(result: Any) -> Any:
    return await result


@pytest.fixture
def anthropic_wire(monkeypatch: pytest.MonkeyPatch) -> AnthropicWire:
    """Calls to Anthropic without a credential from the environment, by httpx alone, which respx stands in for."""
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    for name in ("api_key", "anthropic_key"):
        monkeypatch.setattr(litellm, name, None)
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", True)
    litellm.in_memory_llm_clients_cache.flush_cache()
    return AnthropicWire()


@pytest.fixture(params=["api_key", "ANTHROPIC_AUTH_TOKEN", "extra_headers", "extra_headers beside a key"])
def token_way(
    request: pytest.FixtureRequest, anthropic_wire: AnthropicWire, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Each way in which a token comes to a call, as the arguments that bring it."""
    if request.param == "ANTHROPIC_AUTH_TOKEN":
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", anthropic_wire.token)
        return {}
    if request.param == "api_key":
        return {"api_key": anthropic_wire.token}
    key = {"api_key": anthropic_wire.api_key} if request.param == "extra_headers beside a key" else {}
    return {"extra_headers": anthropic_wire.bearer, **key}
