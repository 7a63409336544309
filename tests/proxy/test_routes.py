"""Every route of the proxy x every way a client may bring its credentials: what goes out, header by header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from litellm.proxy import proxy_server
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT, KEYED_ROUTES, PASS_THROUGH_ROUTES, ROUTES, Route
from tests.support.proxy_scene import BASE_PATH, Scene, wire_headers, with_token

CLIENT_BETAS = "context-1m-2025-08-07,interleaved-thinking-2025-05-14"


@dataclass(frozen=True)
class Bringing:
    """A way to bring a LiteLLM key and a token. `headers(key, token)` are the client's, `betas` what it asks for beside them."""

    name: str
    headers: Callable[[str, str], Mapping[str, str]]
    betas: str = ""


WITH_TOKEN = (
    Bringing("token", lambda key, token: {"x-litellm-api-key": f"Bearer {key}", "Authorization": f"Bearer {token}"}),
    Bringing("betas", lambda key, token: {"x-litellm-api-key": f"Bearer {key}", "Authorization": f"Bearer {token}"}, CLIENT_BETAS),
    Bringing("lower case", lambda key, token: {"X-LiteLLM-API-Key": key, "authorization": f"bearer  {token}"}),
    Bringing("key in x-api-key", lambda key, token: {"x-api-key": key, "Authorization": f"Bearer {token}"}),
    Bringing("key in api-key", lambda key, token: {"api-key": key, "Authorization": f"Bearer {token}"}),
    Bringing(
        "key everywhere",
        lambda key, token: {
            **dict.fromkeys(("x-litellm-api-key", "x-api-key", "api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key"), key),
            "Authorization": f"Bearer {token}",
        },
    ),
)
WITHOUT_TOKEN = (
    Bringing("x-litellm-api-key", lambda key, token: {"x-litellm-api-key": f"Bearer {key}"}),
    Bringing("Authorization", lambda key, token: {"Authorization": f"Bearer {key}"}),
    Bringing("x-api-key", lambda key, token: {"x-api-key": key}),
    Bringing("api-key", lambda key, token: {"api-key": key}),
    Bringing("x-goog-api-key", lambda key, token: {"x-goog-api-key": key}),
    Bringing("Ocp-Apim-Subscription-Key", lambda key, token: {"Ocp-Apim-Subscription-Key": key}),
)


def _named(case: Route | Bringing) -> str:
    return case.name.replace(" ", "-")


@pytest.mark.parametrize("bringing", WITH_TOKEN, ids=_named)
@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_a_clients_token_is_what_goes_out(
    stage: Scene, proxy: Proxy, control: Callable[[Route], Request], route: Route, bringing: Bringing
) -> None:
    """The client's token replaces the operator's key on every route, its betas join the route's own, and nothing else changes."""
    token, usual = stage.token(), control(route)
    sent = stage.sent_by(proxy, route, bringing.headers(stage.litellm_key, token), bringing.betas)
    assert wire_headers(sent) == with_token(wire_headers(usual), token, bringing.betas)
    # Not every release keeps the base path of ANTHROPIC_API_BASE for a client without a token.
    passed_through = BASE_PATH + route.path.removeprefix("/anthropic") if route in PASS_THROUGH_ROUTES else usual.target
    assert (sent.method, sent.target) == (usual.method, passed_through)


@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_a_beta_that_litellm_has_never_heard_of_reaches_anthropic(stage: Scene, proxy: Proxy, route: Route) -> None:
    """Anthropic decides which betas there are: one that is newer than this release goes out like the others."""
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token()}"}
    sent = stage.sent_by(proxy, route, headers, "made-up-2099-01-01")
    assert "made-up-2099-01-01" in wire_headers(sent).get("anthropic-beta", "").split(",")


@pytest.mark.parametrize("bringing", WITHOUT_TOKEN, ids=_named)
@pytest.mark.parametrize("route", KEYED_ROUTES, ids=_named)
def test_without_a_token_the_operators_key_goes_out(
    stage: Scene, proxy: Proxy, control: Callable[[Route], Request], route: Route, bringing: Bringing
) -> None:
    """Whichever header brings the LiteLLM key, Anthropic sees the operator's key and nothing of the client's."""
    sent = wire_headers(stage.sent_by(proxy, route, bringing.headers(stage.litellm_key, "")))
    assert sent == wire_headers(control(route))
    assert sent["x-api-key"] == stage.operator_key and "authorization" not in sent


def test_the_proxy_tells_of_its_routes_as_litellm_does(proxy: Proxy) -> None:
    """Routes that are asked ahead of LiteLLM's own change nothing of the schema that clients are made from."""
    told = CLIENT.get(f"{proxy.url}/openapi.json").json()["paths"]
    own = proxy_server.app.openapi()["paths"]
    assert {"/v1/messages", "/anthropic/{endpoint}"} <= told.keys()
    assert next(iter(told)) == next(iter(own))
    assert told["/utils/token_counter"] == own["/utils/token_counter"]
