"""What a request causes beside itself: LiteLLM's calls to Anthropic go out with the client's token, not with the operator's key instead."""

from __future__ import annotations

import contextlib
import importlib
import json

import pytest

from litellm.types.llms import anthropic as anthropic_types
from tests.proxy.conftest import CUSTOM_KEY_HEADER
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT, Route, counters
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import MODEL, OAUTH_BETA

MESSAGES = [{"role": "user", "content": "Say hello."}]
_ASKED = counters()
ADVISOR = getattr(anthropic_types, "ANTHROPIC_ADVISOR_TOOL_TYPE", None)


def _asks_router() -> bool:
    """Whether an advisor may be a model of the operator's, by the name that clients know it by: from 1.99."""
    for module in ("messages.native", "pass_through.messages", "experimental_pass_through.messages"):
        with contextlib.suppress(ModuleNotFoundError):
            return hasattr(importlib.import_module(f"litellm.llms.anthropic.{module}.interceptors.advisor"), "_resolve_advisor_router")
    return False


_ASKS_ROUTER = _asks_router()
_CLAUDE = "claude" if _ASKS_ROUTER else f"anthropic/{MODEL}"

_SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
_SHAPES: list[tuple[str, str, dict[str, object]]] = [
    (
        "OpenAI's",
        "/utils/token_counter",
        {
            "messages": [
                {"role": "system", "content": "Be kind."},
                *MESSAGES,
                {"role": "assistant", "tool_calls": [{"id": "one", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "one", "content": "Nothing."},
            ],
            "tools": [{"type": "function", "function": {"name": "look", "parameters": _SCHEMA}}],
        },
    ),
    (
        "Anthropic's",
        "/utils/token_counter",
        {
            "system": "Be kind.",
            "messages": [
                *MESSAGES,
                {"role": "assistant", "content": [{"type": "tool_use", "id": "one", "name": "look", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "one", "content": "Nothing."}]},
            ],
            "tools": [{"name": "look", "input_schema": _SCHEMA}],
        },
    ),
    (
        "a response's",
        "/v1/responses/input_tokens",
        {
            "instructions": "Be kind.",
            "input": [
                *MESSAGES,
                {"type": "function_call", "call_id": "one", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "one", "output": "Nothing."},
            ],
            "tools": [{"type": "function", "name": "look", "parameters": _SCHEMA}],
        },
    ),
]


def _bringing(stage: Scene, token: str) -> dict[str, str]:
    return {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {token}"}


@pytest.mark.skipif(ADVISOR is None, reason="this release has no advisor")
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_advisors_sub_call_is_the_clients(stage: Scene, proxy: Proxy, streamed: bool) -> None:
    """A client's model, another provider's, asks an advisor that is Claude: Claude is asked with the client's token, the model without."""
    token = stage.token()
    stage.clear()
    tool = {"type": ADVISOR, "name": "advisor", "model": _CLAUDE}
    body = {"model": "gpt", "max_tokens": 16, "messages": MESSAGES, "tools": [tool], "stream": streamed}
    headers = {**_bringing(stage, token), "anthropic-version": "2023-06-01"}
    answer = CLIENT.post(f"{proxy.url}/v1/messages", headers=headers, json=body)
    assert answer.status_code == 200, answer.text[:500]
    asked = [wire_headers(request) for request in stage.anthropic.requests]
    assert len(asked) == 1 and len(stage.other_calls()) == 2, f"the advisor was asked {len(asked)} times"
    assert asked[0].get("authorization") == f"Bearer {token}" and "x-api-key" not in asked[0]
    assert not any("token" in stage.spilled_by(repr((request.headers, request.body))) for request in stage.other_calls())


@pytest.mark.skipif(ADVISOR is None, reason="this release has no advisor")
@pytest.mark.parametrize("advisor", [_CLAUDE, *(("third", "gpt") if _ASKS_ROUTER else ())])
def test_an_advisor_has_the_token_only_where_it_may_go(stage: Scene, proxy: Proxy, advisor: str) -> None:
    """A refused advisor is not asked again at the operator's cost; another's is asked with the operator's key, as ever."""
    token = stage.token(401)
    stage.clear()
    tools = [{"type": ADVISOR, "name": "advisor", "model": advisor}]
    headers = {**_bringing(stage, token), "anthropic-version": "2023-06-01"}
    body = {"model": "gpt", "max_tokens": 16, "messages": MESSAGES, "tools": tools}
    answer = CLIENT.post(f"{proxy.url}/v1/messages", headers=headers, json=body)
    assert answer.status_code == (401 if advisor == _CLAUDE else 200), answer.text[:500]
    asked = [wire_headers(request).get("authorization") for request in stage.anthropic.requests]
    assert asked == ([f"Bearer {token}"] if advisor == _CLAUDE else [])
    elsewhere = [*stage.other_calls(), *stage.third.requests]
    assert not any(stage.spilled_by(repr((request.headers, request.body))) for request in elsewhere)
    assert [wire_headers(request).get("x-api-key") for request in stage.third.requests] == ([stage.third_key] if advisor == "third" else [])


@pytest.mark.parametrize("name", ["claude-of-the-future-9", "made-up", "gpt-of-the-future"])
@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_model_that_nobody_knows_is_counted_as_ever(stage: Scene, hooked_proxy: Proxy, route: Route, name: str) -> None:
    """Under a wildcard, a name that LiteLLM has no provider for is counted by itself, with a client's token as with the operator's key."""
    stage.clear()
    usual = route.call(hooked_proxy.url, {"x-litellm-api-key": stage.litellm_key}, model=name)
    answer = route.call(hooked_proxy.url, _bringing(stage, stage.token()), model=name)
    assert usual.status_code == 200, usual.text[:300]
    assert (answer.status_code, answer.json()) == (usual.status_code, usual.json()), answer.text[:300]
    reached = {request.path for request in (*stage.anthropic.requests, *stage.other_calls(), *stage.third.requests)}
    # LiteLLM lists the tools of the operator's MCP server as it starts, in its own time.
    assert not reached - {"/mcp"}


@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_count_is_made_with_the_clients_token(stage: Scene, proxy: Proxy, route: Route) -> None:
    """Whichever route asks Anthropic to count, it is asked with the client's token, and its answer is the client's."""
    token = stage.token()
    sent = stage.sent_by(proxy, route, _bringing(stage, token))
    headers = wire_headers(sent)
    assert sent.path == "/v1/messages/count_tokens"
    assert headers["authorization"] == f"Bearer {token}" and "x-api-key" not in headers
    assert OAUTH_BETA in headers["anthropic-beta"].split(",")


@pytest.mark.parametrize(("shape", "route", "body"), _SHAPES, ids=[shape for shape, _, _ in _SHAPES])
def test_a_count_is_of_all_that_is_asked(stage: Scene, proxy: Proxy, shape: str, route: str, body: dict[str, object]) -> None:
    """Whichever shape a route takes, Anthropic counts it in its own: the system prompt, a call of a tool, its answer, and the tool."""
    if route not in [each.path.partition("?")[0] for each in _ASKED]:
        pytest.skip("this release has no such route")
    stage.clear()
    query = "?call_endpoint=true" if route.startswith("/utils") else ""
    answer = CLIENT.post(proxy.url + route + query, headers=_bringing(stage, stage.token()), json={"model": "claude", **body})
    assert answer.status_code == 200, answer.text[:500]
    [sent] = stage.anthropic.requests
    counted = json.loads(sent.body)
    assert counted.keys() <= {"model", "messages", "system", "tools", "tool_choice"} and counted["model"] == MODEL
    kinds = [block["type"] for message in counted["messages"] for block in message["content"] if isinstance(block, dict)]
    assert [kind for kind in kinds if kind.startswith("tool")] == ["tool_use", "tool_result"], shape
    assert [message["role"] for message in counted["messages"]] == ["user", "assistant", "user"]
    assert "Be kind." in json.dumps(counted["system"]) and [tool["name"] for tool in counted["tools"]] == ["look"]


@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_count_needs_no_key_of_the_operators(stage: Scene, keyless_proxy: Proxy, route: Route) -> None:
    """Where the operator has no key for Anthropic, a client's token still has its count."""
    token = stage.token()
    sent = stage.sent_by(keyless_proxy, route, {CUSTOM_KEY_HEADER: f"Bearer {stage.litellm_key}", "Authorization": f"Bearer {token}"})
    assert wire_headers(sent)["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("status", [401, 429])
@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_refused_count_is_not_made_at_the_operators_cost(stage: Scene, proxy: Proxy, route: Route, status: int) -> None:
    """What Anthropic answers to the client's token is what the client reads: neither the operator's key nor a guess stands in for it."""
    token = stage.token(status)
    stage.clear()
    answer = route.call(proxy.url, _bringing(stage, token))
    assert answer.status_code == status and token not in answer.text, f"{answer.status_code} {answer.text[:300]}"
    assert [wire_headers(request).get("authorization") for request in stage.anthropic.requests] == [f"Bearer {token}"]


@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_known_model_under_a_wildcard_is_counted_with_the_token(stage: Scene, hooked_proxy: Proxy, route: Route) -> None:
    """A model of Anthropic's that only the wildcard serves goes to Anthropic, with the client's token."""
    token = stage.token()
    sent = stage.sent_by(hooked_proxy, route, _bringing(stage, token), model=MODEL)
    assert wire_headers(sent)["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("route", _ASKED, ids=lambda route: route.name)
def test_a_count_for_a_mixed_group_is_never_made_with_the_operators_key(stage: Scene, proxy: Proxy, route: Route) -> None:
    """In a group with a deployment that the token may go to and one that it may not, each count is made at Anthropic, with the token."""
    stage.clear()
    tokens = [stage.token() for _ in range(8)]
    answers = [route.call(proxy.url, _bringing(stage, token), model="mixed") for token in tokens]
    assert [answer.status_code for answer in answers] == [200] * len(tokens), answers[0].text[:300]
    asked = [wire_headers(request) for request in stage.anthropic.requests]
    assert [headers.get("authorization") for headers in asked] == [f"Bearer {token}" for token in tokens]
    assert not any("x-api-key" in headers for headers in asked) and not stage.third.requests
