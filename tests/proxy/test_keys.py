"""Tokens where a LiteLLM key belongs, and LiteLLM keys where they could slip out."""

from __future__ import annotations

import pytest

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import OAUTH_BETA

KEY_HEADERS = ("Authorization", "x-api-key", "x-litellm-api-key", "api-key")


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


@pytest.mark.parametrize("header", KEY_HEADERS)
@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_a_token_is_no_litellm_key(stage: Scene, proxy: Proxy, route: Route, header: str) -> None:
    """A token alone, in any header LiteLLM reads keys from, is answered 401 in the route's own error shape, with what to do."""
    token = stage.token()
    stage.clear()
    answer = route.call(proxy.url, {header: f"Bearer {token}" if header == "Authorization" else token})
    assert answer.status_code == 401, answer.text[:500]
    body = answer.json()
    if route.error_shape == "anthropic":
        assert (body["type"], body["error"]["type"]) == ("error", "authentication_error")
    else:
        assert "type" not in body and str(body["error"]["code"]) == "401"
    assert "x-litellm-api-key" in body["error"]["message"] and token not in answer.text
    assert not stage.anthropic.requests


@pytest.mark.parametrize("header", ["x-pass-x-litellm-api-key", "x-pass-authorization", "x-pass-x-api-key", "litellm_user_api_key"])
def test_a_litellm_key_in_an_odd_header_stays_here(stage: Scene, proxy: Proxy, header: str) -> None:
    """Headers that the pass-through renames and forwards never carry the LiteLLM key: the suite's own check would find it."""
    route = next(route for route in ROUTES if route.path.startswith("/anthropic/"))
    stage.sent_by(proxy, route, {"x-litellm-api-key": stage.litellm_key, header: stage.litellm_key})


def test_a_wrong_litellm_key_beside_a_token_lets_nothing_out(stage: Scene, proxy: Proxy) -> None:
    """A token does not open the proxy: without a valid LiteLLM key nothing is sent on any route."""
    for route in ROUTES:
        stage.clear()
        answer = route.call(proxy.url, {"x-litellm-api-key": "sk-wrong", "Authorization": f"Bearer {stage.token()}"})
        assert answer.status_code in (400, 401) and not stage.anthropic.requests, f"{route.name}: {answer.status_code}"


def test_models_and_health_are_the_operators_own_affair(stage: Scene, proxy: Proxy) -> None:
    """Listing models sends nothing out; a health check uses each deployment's own key, whatever token the client brings along."""
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token()}"}
    assert Route("models", "GET", "/v1/models").call(proxy.url, headers).status_code == 200
    stage.clear()
    assert Route("health", "GET", "/health").call(proxy.url, headers).status_code == 200
    checks = [wire_headers(request) for request in stage.anthropic.requests]
    assert checks
    assert {check["x-api-key"] for check in checks} == {stage.operator_key, stage.refused_key}
    assert not any("authorization" in check for check in checks)
    assert not any(OAUTH_BETA in check.get("anthropic-beta", "") for check in checks)
