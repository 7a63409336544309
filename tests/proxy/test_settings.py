"""Operators' settings that touch headers: virtual keys and teams, forwarded client headers, forwarded provider keys, several workers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.origin import Request
from tests.support.proxy_load import assert_each_keeps_its_token
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers, with_token

KEY_HEADERS = ("x-litellm-api-key", "x-api-key", "api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key")


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_a_virtual_keys_token_takes_the_same_way(stage: Scene, workers: Proxy, control: Callable[[Route], Request], route: Route) -> None:
    """With a team's key, and with client headers and provider keys forwarded, the same headers go out as with none of these settings."""
    token = stage.token()
    sent = stage.sent_by(workers, route, {"x-litellm-api-key": f"Bearer {stage.virtual_key()}", "Authorization": f"Bearer {token}"})
    assert wire_headers(sent) == with_token(wire_headers(control(route)), token)


@pytest.mark.parametrize("header", KEY_HEADERS)
@pytest.mark.parametrize("name", ["messages", "chat", "count_tokens", "skills list", "pass-through messages", "pass-through models"])
def test_forwarded_provider_keys_are_not_the_litellm_key(
    stage: Scene, workers: Proxy, control: Callable[[Route], Request], name: str, header: str
) -> None:
    """`forward_llm_provider_auth_headers` sends a client's provider key on, but never the header that brought the LiteLLM key."""
    (route,) = (route for route in ROUTES if route.name == name)
    token = stage.token()
    sent = stage.sent_by(workers, route, {header: stage.virtual_key(), "Authorization": f"Bearer {token}"})
    assert wire_headers(sent) == with_token(wire_headers(control(route)), token)


@pytest.mark.parametrize("header", ["api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key", "x-notes", "x-pass-x-notes"])
@pytest.mark.parametrize("told", ["", "-untold"])
@pytest.mark.parametrize("name", ["messages", "count_tokens", "pass-through messages"])
def test_a_key_of_the_operators_own_code_stays_here(stage: Scene, workers: Proxy, name: str, told: str, header: str) -> None:
    """Whether or not that code tells LiteLLM which key it accepted, a client's own request goes out without it, wherever else it stands."""
    (route,) = (route for route in ROUTES if route.name == name)
    token, key = stage.token(), stage.virtual_key() + told
    headers = {"Authorization": f"Bearer {token}", "x-mine": "yes"}
    expected = wire_headers(stage.sent_by(workers, route, {**headers, "x-litellm-api-key": key}))
    assert wire_headers(stage.sent_by(workers, route, {**headers, "x-litellm-api-key": key, header: f"of me={key}"})) == expected
    assert expected["x-mine"] == "yes"


@pytest.mark.parametrize("name", ["messages", "chat", "responses"])
def test_other_client_headers_are_forwarded_beside_the_token(
    stage: Scene, workers: Proxy, control: Callable[[Route], Request], name: str
) -> None:
    """`forward_client_headers_to_llm_api` of a model group still forwards what upstream forwards, and the token goes out once."""
    (route,) = (route for route in ROUTES if route.name == name)
    token = stage.token()
    headers = {"x-litellm-api-key": stage.virtual_key(), "Authorization": f"Bearer {token}", "x-department": "research"}
    sent = stage.sent_by(workers, route, headers)
    assert wire_headers(sent) == {**with_token(wire_headers(control(route)), token), "x-department": "research"}


def test_two_workers_keep_tokens_apart(stage: Scene, workers: Proxy) -> None:
    """200 requests, 64 in flight, over four routes and two processes: each arrives once, with its sender's token."""
    assert_each_keeps_its_token(stage, workers, {"x-litellm-api-key": f"Bearer {stage.virtual_key()}"}, 200)
