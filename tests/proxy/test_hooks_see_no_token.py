"""Every hook of every callback and guardrail, as the installed release has them, is handed no token of a client's."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.integrations.custom_logger import CustomLogger
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT, COUNT_TOKENS, MODEL_ROUTES, PASS_THROUGH_ROUTES, Route
from tests.support.proxy_scene import Scene
from tests.support.standin import MODEL, OAUTH_BETA
from tests.support.watching import hooks_of, tokens_in

HOOKS = hooks_of(CustomLogger, CustomGuardrail)
# Hooks that no request here leads to, by why. Of any other, one call at least has to be seen.
_UNASKED: Final = {
    "the wire suite sees them asked": (
        *("log_success_event", "log_failure_event", "log_stream_event", "async_log_stream_event", "logging_hook"),
        *("get_chat_completion_prompt", "async_get_chat_completion_prompt", "async_pre_routing_hook", "log_failure_fallback_event"),
        "pre_call_check",
    ),
    "they follow a hook of the same call, with the same arguments, where that asked for it": (
        *("async_run_agentic_loop", "async_build_agentic_loop_plan", "async_post_agentic_loop_response_hook"),
        *("async_run_chat_completion_agentic_loop", "async_build_chat_completion_agentic_loop_plan", "async_agentic_loop_cleanup_hook"),
        "async_pre_call_hook_on_messages",
    ),
    "they need a database": ("async_log_audit_log_event", "get_proxy_server_request_from_cold_storage_with_object_key"),
    "they are one integration's own": (
        *("async_dataset_hook", "translate_completion_input_params", "translate_completion_output_params"),
        "translate_completion_output_params_streaming",
    ),
    "they belong to callbacks that are functions": ("log_input_event", "async_log_input_event", "log_event", "async_log_event"),
    "not every release calls them where a tool is called over plain HTTP": ("async_post_mcp_tool_call_hook",),
    "no release calls them": ("async_log_pre_api_call",),
    "they follow a batch's results": ("async_log_batch_line_items",),
    "they are asked only where it is the operator's database that lists models": ("async_filter_listed_models",),
}
UNASKED = {hook: why for why, hooks in _UNASKED.items() for hook in hooks}


def _calls(stage: Scene) -> list[tuple[Route, dict[str, str], str | None]]:
    """What a day brings: answers and refusals, streamed or not, fallbacks, retries, nobody there, and tokens in the body."""
    unstreamed = [route for route in MODEL_ROUTES if "streamed" not in route.name]
    usual = [(route, status, "claude") for route in MODEL_ROUTES for status in (200, 401)]
    failing = [(route, status, model) for route in unstreamed for status, model in ((529, "claude-or-gpt"), (200, "nobody"), (401, "pair"))]
    rest = [(COUNT_TOKENS, 200, "claude"), *((PASS_THROUGH_ROUTES[0], status, None) for status in (200, 401))]
    calls: list[tuple[Route, dict[str, str], str | None]] = [
        (route, {"Authorization": f"Bearer {stage.token(status)}", "x-litellm-num-retries": "1"}, model)
        for route, status, model in (*usual, *failing, *rest)
    ]
    for route in unstreamed:
        bodies: tuple[Mapping[str, object], ...] = (
            {"api_key": stage.token()},
            {"extra_headers": {"Authorization": f"Bearer {stage.token()}"}},
        )
        calls += [(replace(route, json={**(route.json or {}), **body}), {}, None) for body in bodies]
    return calls


@pytest.fixture(scope="module")
def handed(stage: Scene, hooked_proxy: Proxy) -> dict[str, set[str]]:
    """For each hook that was called: where in what it was given a token stood."""
    key = {"x-litellm-api-key": f"Bearer {stage.litellm_key}"}
    (hooked_proxy.folder / "watch").touch()
    for route, headers, model in _calls(stage):
        route.call(hooked_proxy.url, {**key, **headers}, OAUTH_BETA, model=model)
    headers = {**key, "Authorization": f"Bearer {stage.token()}"}
    (server,) = CLIENT.get(f"{hooked_proxy.url}/v1/mcp/server", headers=headers).json()
    tool = {"name": "hello", "arguments": {}, "server_id": server["server_id"]}
    assert CLIENT.post(f"{hooked_proxy.url}/mcp-rest/tools/call", headers=headers, json=tool).status_code == 200
    time.sleep(1.5)  # callbacks run in the background
    (hooked_proxy.folder / "watch").unlink()
    found: dict[str, set[str]] = defaultdict(set)
    for line in (hooked_proxy.folder / "handed.jsonl").read_text().splitlines():
        hook, places = json.loads(line)
        found[hook] |= set(places)
    return dict(found)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_handed_no_token(handed: dict[str, set[str]], hook: str) -> None:
    """Nothing a hook is given leads to a token, however deep; and it was asked, or it is known why it was not."""
    assert hook in handed or hook in UNASKED, f"{hook} was not asked: call what leads to it, or say in UNASKED why not"
    assert sorted(handed.get(hook, ()), key=len) == []


def test_an_operators_pages_show_no_token(stage: Scene, hooked_proxy: Proxy) -> None:
    """A token in the headers of a deployment is on no page that shows the operator's models: health, models and their information."""
    key = {"x-litellm-api-key": stage.litellm_key}
    for path in ("/health", "/health/readiness", "/model/info", "/v1/model/info", "/v2/model/info", "/model_group/info", "/v1/models"):
        answer = CLIENT.get(hooked_proxy.url + path, headers=key)
        shown = tokens_in(answer.text, dict(answer.headers))
        assert not shown, path
        assert path not in ("/health", "/model/info") or (answer.status_code == 200 and "headed" in answer.text or MODEL in answer.text)
