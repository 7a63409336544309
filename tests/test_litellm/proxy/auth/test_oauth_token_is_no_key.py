"""Where the proxy looks for its own key: an Anthropic OAuth token is none, in whichever header it stands."""

from __future__ import annotations

import secrets

import pytest
from starlette.requests import Request

from litellm.proxy import proxy_server
from litellm.proxy._types import ProxyException
from litellm.proxy.auth.user_api_key_auth import get_api_key

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
LITELLM_KEY = f"sk-{secrets.token_urlsafe(24)}"
NAMES = {
    "x-litellm-api-key": "custom_litellm_key_header",
    "authorization": "api_key",
    "api-key": "azure_api_key_header",
    "x-api-key": "anthropic_api_key_header",
    "x-goog-api-key": "google_ai_studio_api_key_header",
    "ocp-apim-subscription-key": "azure_apim_header",
}


def _key(headers: dict[str, str], route: str = "/v1/messages") -> object:
    """What the proxy takes for its key of a request with these headers."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": route, "query_string": b"", "headers": raw}
    given = {parameter: headers.get(name) for name, parameter in NAMES.items()}
    given["api_key"] = headers.get("authorization", "")
    return get_api_key(**given, pass_through_endpoints=None, route=route, request=Request(scope))[0]


@pytest.fixture(autouse=True)
def _asks_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_server, "master_key", LITELLM_KEY)
    monkeypatch.setattr(proxy_server, "user_custom_auth", None)
    monkeypatch.setattr(proxy_server, "general_settings", {})


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "authorization"])
def test_the_key_is_found_beside_a_token(name: str, scheme: str) -> None:
    """A client sends the token in `Authorization` and the LiteLLM key in any other header that LiteLLM knows."""
    assert _key({"authorization": f"{scheme}{TOKEN}", name: LITELLM_KEY}) == LITELLM_KEY


@pytest.mark.parametrize("name", ["authorization", "x-api-key"])
def test_a_token_alone_is_refused_without_repeating_it(name: str) -> None:
    """401, and a message that says where each of the two goes."""
    with pytest.raises(ProxyException) as refused:
        _key({name: f"Bearer {TOKEN}" if name == "authorization" else TOKEN})
    assert str(refused.value.code) == "401"
    assert "`x-litellm-api-key`" in refused.value.message and "`Authorization`" in refused.value.message
    assert TOKEN not in refused.value.message


@pytest.mark.parametrize("name", ["authorization", "x-litellm-api-key", "x-api-key", "api-key"])
def test_without_a_token_the_key_is_found_as_before(name: str) -> None:
    """The control: a LiteLLM key alone is taken wherever it stands."""
    assert _key({name: f"Bearer {LITELLM_KEY}" if name == "authorization" else LITELLM_KEY}) == LITELLM_KEY
