"""An operator with no key of Anthropic's and a header of its own for LiteLLM keys: only clients' tokens lead anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proxy.conftest import CUSTOM_KEY_HEADER
from tests.support.credentials import api_key
from tests.support.origin import Request
from tests.support.proxy_load import assert_each_keeps_its_token
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import COUNT_TOKENS, MODEL_ROUTES, ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers, with_token

SETTING = "LITELLM_ANTHROPIC_OAUTH_ORIGINS"


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _headers(stage: Scene, token: str) -> dict[str, str]:
    return {CUSTOM_KEY_HEADER: f"Bearer {stage.litellm_key}", "Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_an_operator_needs_no_key_of_its_own(stage: Scene, keyless_proxy: Proxy, control: Callable[[Route], Request], route: Route) -> None:
    """Where the operator has no key for Anthropic and its own header for LiteLLM keys, a client's token still reaches every route."""
    token = stage.token()
    sent = stage.sent_by(keyless_proxy, route, _headers(stage, token))
    assert wire_headers(sent) == with_token(wire_headers(control(route)), token)


@pytest.mark.parametrize("route", [route for route in ROUTES if route is not COUNT_TOKENS], ids=_named)
def test_with_no_credential_at_all_nothing_goes_out(stage: Scene, keyless_proxy: Proxy, route: Route) -> None:
    """Without a token and without a key the call fails at home, and the next client with a token is served all the same."""
    token = stage.token()
    stage.clear()
    assert route.call(keyless_proxy.url, {CUSTOM_KEY_HEADER: f"Bearer {stage.litellm_key}"}).status_code >= 400
    assert not stage.anthropic.requests
    sent = stage.sent_by(keyless_proxy, route, _headers(stage, token))
    assert wire_headers(sent)["authorization"] == f"Bearer {token}"


def test_the_operators_own_header_is_named_where_it_is_the_one_to_use(stage: Scene, keyless_proxy: Proxy) -> None:
    """Where the operator reads LiteLLM keys from a header of its own, a token in that header is refused and the header is named."""
    token = stage.token()
    answer = ROUTES[0].call(keyless_proxy.url, {CUSTOM_KEY_HEADER: f"Bearer {token}"})
    assert answer.status_code == 401, answer.text[:500]
    assert CUSTOM_KEY_HEADER in answer.json()["error"]["message"] and token not in answer.text


@pytest.mark.parametrize("route", (*MODEL_ROUTES, COUNT_TOKENS), ids=_named)
def test_a_third_party_without_a_key_of_its_own_gets_nothing(stage: Scene, keyless_proxy: Proxy, route: Route) -> None:
    """Where the deployment has no credential to use instead, the call fails and the error names the setting."""
    stage.clear()
    answer = route.call(keyless_proxy.url, _headers(stage, stage.token()), model="third")
    assert answer.status_code == 401 and SETTING in answer.text, f"{answer.status_code} {answer.text[:500]}"
    assert not stage.third.requests and not stage.anthropic.requests and not stage.spilled_by(answer.text)


def test_a_key_of_the_clients_own_is_upstreams_affair(stage: Scene, keyless_proxy: Proxy) -> None:
    """Where the operator has no key, a client's own API key in `x-api-key` passes as it does upstream, with no trace of OAuth."""
    own = api_key()
    stage.clear()
    headers = {CUSTOM_KEY_HEADER: f"Bearer {stage.litellm_key}", "x-api-key": own}
    assert Route("models", "GET", "/anthropic/v1/models").call(keyless_proxy.url, headers).status_code == 200
    assert wire_headers(stage.anthropic.requests[0]) == {"x-api-key": own, "anthropic-version": "2023-06-01"}


def test_many_clients_each_keep_their_own_token(stage: Scene, keyless_proxy: Proxy) -> None:
    """300 requests, 64 in flight, over four routes: each arrives once, with its sender's token, and nothing else goes out."""
    assert_each_keeps_its_token(stage, keyless_proxy, {CUSTOM_KEY_HEADER: f"Bearer {stage.litellm_key}"}, 300)
