"""A client's token that is not written as one: nobody else gets it, and the client hears how to write it, at nobody's cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from litellm.responses.utils import ResponsesAPIRequestUtils
from tests.support.near_misses import NEAR_MISSES, NearMiss
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT, COUNT_TOKENS, KEYED_ROUTES, MODEL_ROUTES, PASS_THROUGH_ROUTES, ROUTES, Route
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import OAUTH_BETA
from tests.support.watching import tokens_in

UNSTREAMED = tuple(route for route in MODEL_ROUTES if "streamed" not in route.name)
ASKED = (*UNSTREAMED, PASS_THROUGH_ROUTES[0], *(route for route in ROUTES if route.name in ("batches retrieve", "files content")))
ENDS: dict[str, Callable[[str], bytes]] = {
    "accent in UTF-8": lambda token: f"{token}é".encode(),
    "accent in Latin-1": lambda token: f"{token}é".encode("latin-1"),
    "more behind it": lambda token: f"{token} and more".encode(),
}
# Older releases hand no client's header on to OpenAI's Responses, which they also ask where a client asks for a message.
_RESPONSES_FORWARD_HEADERS = hasattr(ResponsesAPIRequestUtils, "merge_client_forwarded_headers")


def _named(route: Route) -> str:
    return route.name.replace(" ", "-")


def _key(stage: Scene) -> dict[str, str]:
    return {"x-litellm-api-key": stage.litellm_key}


def _nothing_of_it_in(answer: httpx.Response) -> bool:
    return not tokens_in(answer.text, dict(answer.headers))


def _texts(requests: list[Request]) -> list[object]:
    return [(request.target, request.headers, request.body) for request in requests]


@pytest.mark.parametrize("miss", [miss for miss in NEAR_MISSES if miss.meant], ids=lambda miss: miss.name)
@pytest.mark.parametrize("route", ASKED, ids=_named)
def test_who_meant_to_send_a_token_is_told_how(stage: Scene, hooked_proxy: Proxy, route: Route, miss: NearMiss) -> None:
    """The answer is 401 in the route's own shape and names the right form; nothing is sent, so nobody is billed in the client's stead."""
    stage.clear()
    answer = route.call(hooked_proxy.url, {**_key(stage), miss.header: miss.value(stage.token())})
    sent = [request.path for request in (*stage.anthropic.requests, *stage.third.requests, *stage.other_calls())]
    assert not sent
    assert answer.status_code == 401 and "Authorization: Bearer" in answer.text, f"{answer.status_code} {answer.text[:300]}"
    if route.error_shape == "anthropic":
        assert (answer.json()["type"], answer.json()["error"]["type"]) == ("error", "authentication_error")
    assert _nothing_of_it_in(answer)


@pytest.mark.parametrize("model", ["gpt", "bedrock", "third"])
@pytest.mark.parametrize("route", UNSTREAMED, ids=_named)
def test_nobody_else_gets_a_token_however_it_is_written(stage: Scene, hooked_proxy: Proxy, route: Route, model: str) -> None:
    """Though the operator forwards its clients' headers, none that holds a token reaches another provider or a third party."""
    stage.clear()
    for miss in NEAR_MISSES:
        answer = route.call(hooked_proxy.url, {**_key(stage), miss.header: miss.value(stage.token()), "x-kept": "yes"}, model=model)
        assert answer.status_code in (200, 401) and _nothing_of_it_in(answer), f"{miss.name}: {answer.status_code} {answer.text[:300]}"
    answer = route.call(hooked_proxy.url, {**_key(stage), "x-kept": "yes"}, model=model)
    assert answer.status_code == 200, answer.text[:300]
    requests = [*stage.third.requests, *stage.other_calls()]
    reached = tokens_in(_texts(requests))
    assert not reached and not stage.anthropic.requests
    if not requests[-1].path.endswith("/openai/responses") or _RESPONSES_FORWARD_HEADERS:
        assert requests[-1].header("x-kept") == "yes", "no client's header was forwarded at all"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("route", (*MODEL_ROUTES, PASS_THROUGH_ROUTES[0]), ids=_named)
def test_what_no_header_can_carry_is_its_clients_affair(stage: Scene, hooked_proxy: Proxy, route: Route, end: str) -> None:
    """A token with more in it than a token has is 401, nothing is sent, and the next call is served, though one failure is too many."""
    stage.clear()
    for _ in range(3):
        value = b"Bearer " + ENDS[end](stage.token())
        answer = CLIENT.request(
            route.method,
            hooked_proxy.url + route.path,
            headers=[(b"x-litellm-api-key", stage.litellm_key.encode()), (b"Authorization", value), (b"anthropic-version", b"2023-06-01")],
            json=route.json,
        )
        assert answer.status_code == 401 and "Anthropic OAuth token" in answer.text, f"{answer.status_code} {answer.text[:300]}"
        assert _nothing_of_it_in(answer)
    assert not stage.anthropic.requests
    if route in KEYED_ROUTES:
        assert wire_headers(stage.sent_by(hooked_proxy, route, _key(stage)))["x-api-key"] == stage.operator_key


@pytest.mark.parametrize("route", ROUTES, ids=_named)
def test_betas_on_several_lines_all_count(stage: Scene, proxy: Proxy, route: Route) -> None:
    """A client may send `anthropic-beta` more than once, as HTTP allows: each of the betas goes out, once."""
    token = stage.token()
    stage.clear()
    lines = [("anthropic-beta", value) for value in (route.native_beta, "context-1m-2025-08-07", "made-up-2099-01-01") if value]
    headers = [*_key(stage).items(), ("Authorization", f"Bearer {token}"), ("anthropic-version", "2023-06-01"), *lines]
    answer = CLIENT.request(route.method, proxy.url + route.path, headers=headers, json=route.json, data=route.data, files=route.files)
    assert answer.status_code == 200 and route.answered in answer.text, answer.text[:500]
    sent = wire_headers(stage.anthropic.requests[0])
    assert {value for _, value in lines} | {OAUTH_BETA} <= set(sent["anthropic-beta"].split(","))
    assert sent["authorization"] == f"Bearer {token}"


def test_a_token_in_a_query_parameter_goes_nowhere(stage: Scene, hooked_proxy: Proxy) -> None:
    """A parameter is no place for a token: neither Anthropic's pass-through nor a model's provider is sent one, whoever put it there."""
    stage.clear()
    for route in (*UNSTREAMED, PASS_THROUGH_ROUTES[0]):
        answer = replace(route, path=f"{route.path}?key={stage.token()}").call(hooked_proxy.url, _key(stage))
        assert _nothing_of_it_in(answer)
    reached = tokens_in(_texts([*stage.anthropic.requests, *stage.third.requests, *stage.other_calls()]))
    assert not reached


@pytest.mark.parametrize("header", ["near miss", "accent"])
def test_counting_tells_a_client_too(stage: Scene, proxy: Proxy, header: str) -> None:
    """Counting tokens, which LiteLLM can do by itself where nobody answers, is refused likewise: a count by other means would hide it."""
    value = f"Bearer\t{stage.token()}".encode() if header == "near miss" else f"Bearer {stage.token()}é".encode()
    stage.clear()
    headers = [(b"x-litellm-api-key", stage.litellm_key.encode()), (b"Authorization", value)]
    answer = CLIENT.post(proxy.url + COUNT_TOKENS.path, headers=headers, json=COUNT_TOKENS.json)
    assert answer.status_code == 401 and "Authorization: Bearer" in answer.text, f"{answer.status_code} {answer.text[:300]}"
    assert (answer.json()["type"], answer.json()["error"]["type"]) == ("error", "authentication_error")
    assert _nothing_of_it_in(answer)
    assert not [request.path for request in stage.anthropic.requests]
