"""A token in a request's body is its client's, as one in a header is: for that request alone, and for where it may go alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import KEYED_ROUTES, MODEL_ROUTES, Route
from tests.support.proxy_scene import Scene, holds, wire_headers
from tests.support.standin import OAUTH_BETA

UNSTREAMED = tuple(route for route in MODEL_ROUTES if "streamed" not in route.name)
# What each model of another's is called with: the operator's own credential for it.
OWN_CREDENTIALS = {"gpt": "authorization", "bedrock": "authorization", "third": "x-api-key"}


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _with_key(route: Route, token: str) -> Route:
    return replace(route, json={**(route.json or {}), "api_key": token})


def _key(stage: Scene) -> dict[str, str]:
    return {"x-litellm-api-key": stage.litellm_key}


def _assert_called_as_ever(stage: Scene, model: str, token: str) -> None:
    """The one who is not Anthropic got one request, with the credential the operator configured and no trace of the token."""
    requests = stage.third.requests if model == "third" else stage.other_calls()
    (request,) = requests
    held = [what for what, value in (("the token", token), ("the OAuth beta", OAUTH_BETA)) if holds(request, value)]
    assert not held
    credential = request.header(OWN_CREDENTIALS[model]) or ""
    assert {"gpt": f"Bearer {stage.other_key}", "third": stage.third_key}.get(model, credential) == credential != ""


@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_a_token_in_the_body_is_used_for_its_own_request_alone(stage: Scene, proxy: Proxy, route: Route) -> None:
    """One client sends a token as `api_key`, and Anthropic gets it; twelve calls without a credential then go out with the operator's."""
    token = stage.token()
    own = wire_headers(stage.sent_by(proxy, _with_key(route, token), _key(stage)))
    assert own["authorization"] == f"Bearer {token}" and "x-api-key" not in own and OAUTH_BETA in own["anthropic-beta"]
    others = [wire_headers(stage.sent_by(proxy, route, _key(stage))) for _ in range(12)]
    assert [other.get("x-api-key") for other in others] == [stage.operator_key] * 12
    assert not [other for other in others if "authorization" in other]


@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_token_in_the_headers_goes_before_one_in_the_body(stage: Scene, proxy: Proxy, route: Route) -> None:
    """Who sends two tokens means the one in the headers, as everywhere; the other goes nowhere."""
    in_headers, in_body = stage.token(), stage.token()
    sent = stage.sent_by(proxy, _with_key(route, in_body), {**_key(stage), "Authorization": f"Bearer {in_headers}"})
    other_went = holds(sent, in_body)
    assert wire_headers(sent)["authorization"] == f"Bearer {in_headers}" and not other_went


@pytest.mark.parametrize("model", OWN_CREDENTIALS)
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_token_in_the_body_goes_to_nobody_but_anthropic(stage: Scene, proxy: Proxy, route: Route, model: str) -> None:
    """With another provider's model, or one at an origin that is not listed, the operator's own credential goes out."""
    token = stage.token()
    stage.clear()
    answer = _with_key(route, token).call(proxy.url, _key(stage), model=model)
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    _assert_called_as_ever(stage, model, token)


@pytest.mark.parametrize("status", [401, 529])
@pytest.mark.parametrize("model", OWN_CREDENTIALS)
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_fallback_leaves_a_token_in_the_body_behind(stage: Scene, proxy: Proxy, route: Route, model: str, status: int) -> None:
    """Anthropic gets the token, is overloaded or refuses it, and whoever is asked next gets the operator's own credential."""
    token = stage.token(status)
    stage.clear()
    answer = _with_key(route, token).call(proxy.url, _key(stage), model=f"claude-or-{model}")
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    assert {wire_headers(request).get("authorization") for request in stage.anthropic.requests} == {f"Bearer {token}"}
    _assert_called_as_ever(stage, model, token)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_a_refused_token_in_the_body_is_its_clients_affair(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """The client reads Anthropic's status, nothing else is tried, and the deployment serves the next client at once."""
    token = stage.token(status)
    stage.clear()
    answer = _with_key(route, token).call(proxy.url, _key(stage))
    assert answer.status_code == status and token not in answer.text, answer.text[:500]
    assert [_bearer(request) for request in stage.anthropic.requests] == [f"Bearer {token}"]
    if route in KEYED_ROUTES:
        assert wire_headers(stage.sent_by(proxy, route, _key(stage)))["x-api-key"] == stage.operator_key


def _bearer(request: Request) -> str | None:
    return wire_headers(request).get("authorization")


@pytest.fixture
def giving(stage: Scene, hooked_proxy: Proxy) -> Iterator[Callable[[int], str]]:
    """Makes a hook of the operator's put a new token into each request, as one does that keeps its users' tokens; answers the token."""
    kept = hooked_proxy.folder / "given"

    def give(status: int = 200) -> str:
        kept.write_text(stage.token(status))
        return kept.read_text()

    yield give
    kept.unlink(missing_ok=True)


@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_token_that_a_hook_puts_in_is_its_requests_alone(
    stage: Scene, hooked_proxy: Proxy, giving: Callable[[int], str], route: Route
) -> None:
    """A hook gives one request its user's token, and Anthropic gets it; the next twelve requests go out with the operator's key."""
    token = giving(200)
    assert wire_headers(stage.sent_by(hooked_proxy, route, _key(stage)))["authorization"] == f"Bearer {token}"
    (hooked_proxy.folder / "given").unlink()
    others = [wire_headers(stage.sent_by(hooked_proxy, route, _key(stage))) for _ in range(12)]
    assert [other.get("x-api-key") for other in others] == [stage.operator_key] * 12


@pytest.mark.parametrize("model", [*OWN_CREDENTIALS, *(f"claude-or-{name}" for name in OWN_CREDENTIALS)])
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_token_that_a_hook_puts_in_goes_to_nobody_but_anthropic(
    stage: Scene, hooked_proxy: Proxy, giving: Callable[[int], str], route: Route, model: str
) -> None:
    """Asked for directly, or on a fallback from an overloaded Anthropic, the others get the operator's own credential for them."""
    token = giving(529 if model.startswith("claude") else 200)
    stage.clear()
    answer = route.call(hooked_proxy.url, _key(stage), model=model)
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    _assert_called_as_ever(stage, model.removeprefix("claude-or-"), token)
