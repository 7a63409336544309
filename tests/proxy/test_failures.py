"""A refused token is its owner's affair: the owner hears what Anthropic said, and everybody else is served as before."""

from __future__ import annotations

import inspect
import time

import pytest

from litellm.llms.custom_httpx.llm_http_handler import BaseLLMHTTPHandler
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import COUNT_TOKENS, KEYED_ROUTES, MODEL_ROUTES, ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import MODEL

ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
OTHERS = {402: "billing_error", 413: "request_too_large", 500: "api_error", 529: "overloaded_error"}
# A failure cools down the deployment it can be put down to, and not every release says on `/v1/messages` which one that was.
COOLED_ROUTES = tuple(
    route
    for route in MODEL_ROUTES
    if route.path != "/v1/messages"
    or "model_info" in inspect.getsource(inspect.unwrap(BaseLLMHTTPHandler.async_anthropic_messages_handler))
)


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _bearers(requests: list[Request]) -> set[str]:
    return {wire_headers(request).get("authorization", "no authorization") for request in requests}


@pytest.mark.parametrize("status", ERROR_TYPES)
@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_what_anthropic_says_to_a_token_reaches_its_owner(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """Status, error type and `retry-after` are Anthropic's, the token is not repeated, and the operator's key is not tried instead."""
    token = stage.token(status)
    stage.clear()
    answer = route.call(proxy.url, {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {token}"})
    assert answer.status_code == status and ERROR_TYPES[status] in answer.text, f"{answer.status_code} {answer.text[:500]}"
    if route.error_shape == "anthropic":
        assert (answer.json()["type"], answer.json()["error"]["type"]) == ("error", ERROR_TYPES[status])
    assert answer.headers.get("retry-after") == (str(stage.judge.retry_after) if status == 429 else None)
    assert _bearers(stage.anthropic.requests) == {f"Bearer {token}"} and len(stage.anthropic.requests) == 1
    assert token not in answer.text and not any(token in value for value in answer.headers.values())


@pytest.mark.parametrize("status", OTHERS)
@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_whatever_status_anthropic_answers_a_token_with_reaches_its_owner(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """So do those that LiteLLM has no exception of its own for, Anthropic's own failures among them, with Anthropic's name for each."""
    token = stage.token(status)
    answer = route.call(proxy.url, {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {token}"}, model=f"anthropic/{MODEL}")
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, OTHERS[status]), answer.text[:500]


@pytest.mark.parametrize("model", ["claude", "pair"])
@pytest.mark.parametrize("route", (*MODEL_ROUTES, COUNT_TOKENS), ids=_named)
def test_bad_tokens_cost_nobody_else_anything(stage: Scene, proxy: Proxy, route: Route, model: str) -> None:
    """After six refused tokens the next call goes out at once, with a token and without, on a group of one deployment and of two."""
    key = {"x-litellm-api-key": stage.litellm_key}
    for status in (*ERROR_TYPES, *ERROR_TYPES):
        route.call(proxy.url, {**key, "Authorization": f"Bearer {stage.token(status)}"}, model=model)
    headers = {**key, "Authorization": f"Bearer {stage.token()}"}
    assert wire_headers(stage.sent_by(proxy, route, headers, model=model))["authorization"] == headers["Authorization"]
    if route in KEYED_ROUTES:
        assert wire_headers(stage.sent_by(proxy, route, key, model=model))["x-api-key"] == stage.operator_key


def test_bad_tokens_are_in_no_deployments_failure_statistics(stage: Scene, proxy: Proxy) -> None:
    """The router counts failures to judge a deployment's health: those of clients' own tokens are not among them."""
    key = {"x-litellm-api-key": stage.litellm_key}
    for status in ERROR_TYPES:
        for route in MODEL_ROUTES:
            route.call(proxy.url, {**key, "Authorization": f"Bearer {stage.token(status)}"}, model="counted")
    time.sleep(0.5)  # failures are counted in the background
    MODEL_ROUTES[0].call(proxy.url, key, model="counted")
    counts = [line for line in (proxy.folder / "failures.txt").read_text().splitlines() if line.startswith("counted ")]
    assert counts[-1] == "counted 0"


@pytest.mark.parametrize("status", ERROR_TYPES)
@pytest.mark.parametrize("route", MODEL_ROUTES, ids=_named)
def test_a_refused_token_is_not_tried_again(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """Though its client asks for retries, nothing follows the refusal: not the operator's key, nor a third party in the same group."""
    stage.judge.retry_after, usual = 0, stage.judge.retry_after
    refusals = 0
    try:
        for _ in range(24):  # the router chooses at random which of the group it asks first
            if refusals == 4:
                break
            headers = {
                "x-litellm-api-key": stage.litellm_key,
                "Authorization": f"Bearer {stage.token(status)}",
                "x-litellm-num-retries": "1",
            }
            stage.clear()
            answer = route.call(proxy.url, headers, model="mixed")
            if stage.anthropic.requests:
                refusals += 1
                assert answer.status_code == status and not stage.third.requests
                assert [wire_headers(request)["authorization"] for request in stage.anthropic.requests] == [headers["Authorization"]]
    finally:
        stage.judge.retry_after = usual
    assert refusals > 0


@pytest.mark.parametrize("route", COOLED_ROUTES, ids=_named)
def test_the_operators_own_failures_still_cool_a_deployment_down(stage: Scene, proxy: Proxy, route: Route) -> None:
    """Nothing changes for a deployment whose own key Anthropic refuses: the router takes it out, as upstream does."""
    key, model = {"x-litellm-api-key": stage.litellm_key}, f"refused-{MODEL_ROUTES.index(route)}"
    assert route.call(proxy.url, key, model=model).status_code == 401
    stage.clear()
    answer = route.call(proxy.url, key, model=model)
    assert answer.status_code == 429 and "cooldown" in answer.text.lower() and not stage.anthropic.requests
