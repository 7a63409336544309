"""Where a client's token may go: to Anthropic and to origins the operator lists, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import COUNT_TOKENS, KEYED_ROUTES, MODEL_ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import OAUTH_BETA

SETTING = "LITELLM_ANTHROPIC_OAUTH_ORIGINS"
UNSTREAMED = tuple(route for route in MODEL_ROUTES if "streamed" not in route.name)
KEYED_MODEL_ROUTES = tuple(route for route in (*MODEL_ROUTES, COUNT_TOKENS) if route in KEYED_ROUTES)


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _with_token(stage: Scene, status: int = 200) -> dict[str, str]:
    return {"x-litellm-api-key": f"Bearer {stage.litellm_key}", "Authorization": f"Bearer {stage.token(status)}"}


def _assert_no_token(stage: Scene, requests: list[Request]) -> None:
    for request in requests:
        text = repr((request.target, request.headers, request.body))
        assert "token" not in stage.spilled_by(text), f"a token went to {request.path}"
        assert OAUTH_BETA not in wire_headers(request).get("anthropic-beta", "")
        assert OAUTH_BETA.encode() not in request.body


@pytest.mark.parametrize("route", KEYED_MODEL_ROUTES, ids=_named)
def test_a_third_party_gets_its_own_key(stage: Scene, proxy: Proxy, route: Route) -> None:
    """An `anthropic/` deployment at an origin that is not listed is called with its own key, and without a trace of the client's token."""
    stage.clear()
    answer = route.call(proxy.url, _with_token(stage), OAUTH_BETA, model="third")
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    assert len(stage.third.requests) == 1 and not stage.anthropic.requests
    sent = wire_headers(stage.third.requests[0])
    assert sent["x-api-key"] == stage.third_key and "authorization" not in sent
    _assert_no_token(stage, stage.third.requests)


def test_a_dropped_token_is_logged_once_for_each_deployment(stage: Scene, proxy: Proxy) -> None:
    """The operator reads in the log, once, which origin a token was kept from and which setting would let it through."""
    for route in (*KEYED_MODEL_ROUTES, *UNSTREAMED):
        assert route.call(proxy.url, _with_token(stage), model="third").status_code == 200
    lines = [line for line in proxy.log().splitlines() if stage.third.url in line and SETTING in line]
    deployments = [line.partition("(deployment ")[2].partition(")")[0] for line in lines]
    assert deployments and sorted(set(deployments)) == sorted(deployments), lines
    assert all("WARNING" in line and not stage.spilled_by(line) for line in lines)


@pytest.mark.parametrize("model", ["gpt", "bedrock"])
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_another_provider_never_sees_the_token(stage: Scene, proxy: Proxy, route: Route, model: str) -> None:
    """OpenAI and Bedrock deployments get their own credentials and neither the token nor the OAuth beta, in headers or body."""
    stage.clear()
    answer = route.call(proxy.url, _with_token(stage), OAUTH_BETA, model=model)
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    assert stage.other_calls() and not stage.anthropic.requests
    assert all(request.header("authorization") for request in stage.other_calls())
    _assert_no_token(stage, stage.other.requests)


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("model", ["gpt", "bedrock", "third"])
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_fallback_goes_without_the_token(stage: Scene, proxy: Proxy, route: Route, model: str, status: int) -> None:
    """A refused token still leads to the configured fallback, which is called with its own credential only."""
    headers = _with_token(stage, status)
    stage.clear()
    answer = route.call(proxy.url, headers, OAUTH_BETA, model=f"claude-or-{model}")
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    assert [wire_headers(request)["authorization"] for request in stage.anthropic.requests] == [headers["Authorization"]]
    assert stage.third.requests if model == "third" else stage.other_calls()
    _assert_no_token(stage, [*stage.third.requests, *stage.other.requests])


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_a_fallback_to_anthropic_goes_without_a_refused_token(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """Another group of Anthropic's is called with its own key: the token that was refused is not sent again."""
    headers = _with_token(stage, status)
    stage.clear()
    answer = route.call(proxy.url, headers, model="claude-or-claude")
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    refused, second = map(wire_headers, stage.anthropic.requests)
    assert refused["authorization"] == headers["Authorization"] and "x-api-key" not in refused
    assert second["x-api-key"] == stage.operator_key and "authorization" not in second


def test_the_legacy_endpoint_takes_the_token_too(stage: Scene, proxy: Proxy) -> None:
    """An `anthropic_text/` deployment is Anthropic's `/v1/complete`, so a client's token goes there as well."""
    (chat,) = (route for route in UNSTREAMED if route.name == "chat")
    headers = _with_token(stage)
    sent = stage.sent_by(proxy, chat, headers, model="text")
    assert sent.path == "/v1/complete" and wire_headers(sent)["authorization"] == headers["Authorization"]
    assert "x-api-key" not in wire_headers(sent)


@pytest.mark.parametrize("name", ["my-claude", "anthropic/claude-sonnet-4-5-20250929"])
@pytest.mark.parametrize("route", (*MODEL_ROUTES, COUNT_TOKENS), ids=_named)
def test_alias_and_wildcard_models_take_the_token_too(stage: Scene, proxy: Proxy, route: Route, name: str) -> None:
    """A model group's alias and a wildcard lead to the same deployment, so the same token goes out."""
    headers = _with_token(stage)
    assert wire_headers(stage.sent_by(proxy, route, headers, model=name))["authorization"] == headers["Authorization"]


@pytest.mark.parametrize(
    ("configured", "environment", "entry", "reason"),
    [
        pytest.param({"anthropic_oauth_origins": ["gateway.example/v1"]}, {}, "gateway.example/v1", "is not an origin", id="configuration"),
        pytest.param({}, {SETTING: "http://gateway.example"}, "http://gateway.example", "is plain http", id="environment"),
    ],
)
def test_a_wrong_origin_is_refused_at_start_up(
    stage: Scene, tmp_path: Path, configured: dict[str, object], environment: dict[str, str], entry: str, reason: str
) -> None:
    """The proxy does not come up: it ends with an error that names the entry, what is wrong with it and the setting it stands in."""
    config: dict[str, object] = {
        "model_list": stage.models(),
        "general_settings": {"master_key": stage.litellm_key},
        "litellm_settings": configured,
    }
    refused = Proxy(config, tmp_path, environment)
    came_up = refused.start()
    refused.stop()
    assert not came_up and refused.status != 0
    assert f"{entry!r} in {SETTING} {reason}" in refused.log()
