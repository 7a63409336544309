"""Any refusal of a client's own token, as a status or as a stream's first event, is that client's: deployments are judged by their own."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

import litellm.router  # noqa: F401  # brings the modules that are asked
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import MODEL_ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import REPLY

# A plan that has no such model, a plan that has run out, a request that is too large: each is the client's as 401, 403 and 429 are.
REFUSALS = {400: "invalid_request_error", 402: "billing_error", 404: "not_found_error", 413: "request_too_large"}
STREAM_ERRORS = ("authentication_error", "permission_error", "rate_limit_error", "not_found_error", "invalid_request_error")
STREAMED = tuple(route for route in MODEL_ROUTES if "streamed" in route.name)


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _bringing(stage: Scene, token: str) -> dict[str, str]:
    return {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {token}"}


def _assert_others_are_served(stage: Scene, proxy: Proxy, route: Route, model: str) -> None:
    """The next two clients, one with the operator's key and one with a token of its own, are answered by the group at once."""
    sent = stage.sent_by(proxy, route, {"x-litellm-api-key": stage.litellm_key}, model=model)
    assert wire_headers(sent)["x-api-key"] == stage.operator_key
    headers = _bringing(stage, stage.token())
    assert wire_headers(stage.sent_by(proxy, route, headers, model=model))["authorization"] == headers["Authorization"]


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("model", ["claude", "pair"])
@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_a_refusal_of_any_kind_is_its_clients(
    stage: Scene, proxy: Proxy, hooked_proxy: Proxy, route: Route, model: str, status: int
) -> None:
    """Its client reads Anthropic's status after one request; the group then serves others, also where a single failure is too many."""
    for running in (proxy, hooked_proxy):
        for _ in range(3):
            token = stage.token(status)
            stage.clear()
            answer = route.call(running.url, _bringing(stage, token), model=model)
            assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
            assert [wire_headers(request).get("authorization") for request in stage.anthropic.requests] == [f"Bearer {token}"]
        _assert_others_are_served(stage, running, route, model)


@pytest.mark.parametrize("kind", STREAM_ERRORS)
@pytest.mark.parametrize("model", ["claude", "pair"])
@pytest.mark.parametrize("route", STREAMED, ids=_named)
def test_a_streams_first_event_is_as_good_as_a_status(stage: Scene, hooked_proxy: Proxy, route: Route, model: str, kind: str) -> None:
    """An error as the first event of a stream is told to its client, sends nothing after it, and takes no deployment from anybody.

    So it is though the client asks for retries.
    """
    for _ in range(2):
        token = stage.token()
        stage.judge.stream_errors[token] = kind
        stage.clear()
        answer = route.call(hooked_proxy.url, {**_bringing(stage, token), "x-litellm-num-retries": "1"}, model=model)
        assert kind in answer.text or answer.status_code in (400, 401, 403, 404, 429), f"{answer.status_code} {answer.text[:300]}"
        assert REPLY not in answer.text and token not in answer.text
        assert [wire_headers(request).get("authorization") for request in stage.anthropic.requests] == [f"Bearer {token}"]
    _assert_others_are_served(stage, hooked_proxy, route, model)


def _malformed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token} and more"}


def _twice_bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer Bearer {token}"}


@pytest.mark.parametrize("brings", [_malformed, _twice_bearer], ids=lambda brings: brings.__name__.lstrip("_"))
@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_a_token_that_is_none_takes_nothing_from_others(
    stage: Scene, hooked_proxy: Proxy, route: Route, brings: Callable[[str], dict[str, str]]
) -> None:
    """What cannot be sent is refused before anything is sent, which says nothing of the deployment it would have been sent to."""
    stage.clear()
    for _ in range(2):
        answer = route.call(hooked_proxy.url, {"x-litellm-api-key": stage.litellm_key, **brings(stage.token())})
        assert answer.status_code == 401, f"{answer.status_code} {answer.text[:300]}"
    assert not [request.path for request in stage.anthropic.requests]
    _assert_others_are_served(stage, hooked_proxy, route, "claude")


def test_anthropics_own_failures_count_as_ever(stage: Scene, hooked_proxy: Proxy) -> None:
    """Anthropic's own failure, which a client's token happened to meet, takes the deployment out where the operator's key would, too.

    Since 1.109 upstream itself holds nothing against a deployment of Anthropic's that happens to a credential which a client has sent.
    """
    router = [module for name, module in [*sys.modules.items()] if name.startswith("litellm.router")]
    is_apart = any("anthropic" in getattr(module, "_FORWARDED_CREDENTIAL_ISOLATION_PROVIDERS", ()) for module in router)
    (chat,) = (route for route in MODEL_ROUTES if route.name == "chat")
    key = {"x-litellm-api-key": stage.litellm_key}

    def is_out() -> bool:
        answer = chat.call(hooked_proxy.url, key, model="counted")
        assert answer.status_code == 200 or "cooldown" in answer.text.lower(), f"{answer.status_code} {answer.text[:300]}"
        return answer.status_code == 429

    assert chat.call(hooked_proxy.url, _bringing(stage, stage.token(529)), model="counted").status_code >= 500
    with_token = is_out()
    stage.judge.statuses[stage.operator_key] = 529
    try:
        assert (chat.call(hooked_proxy.url, key, model="counted").status_code >= 500) is not with_token
    finally:
        del stage.judge.statuses[stage.operator_key]
    assert with_token is (is_out() and not is_apart)
