"""No credential of a client's in what the proxy writes: its log at DEBUG, and the payloads it gives to logging callbacks."""

from __future__ import annotations

import time

import pytest

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import KEYED_ROUTES, MODEL_ROUTES, ROUTES
from tests.support.proxy_scene import Scene


@pytest.fixture(scope="module")
def lively(stage: Scene, proxy: Proxy) -> Proxy:
    """The proxy after each route was called with a good token, a refused one, one in the wrong place and one that is malformed."""
    key = {"x-litellm-api-key": stage.litellm_key}
    (proxy.folder / "keep").touch()
    for route in ROUTES:
        for status in (200, 401):
            route.call(proxy.url, {**key, "Authorization": f"Bearer {stage.token(status)}"}, "context-1m-2025-08-07")
        route.call(proxy.url, {"Authorization": f"Bearer {stage.token()}"})
    for route in KEYED_ROUTES:
        route.call(proxy.url, {**key, "x-api-key": stage.token()})
        route.call(proxy.url, {**key, "Authorization": f"Bearer {stage.token()} and more"})
    for route in MODEL_ROUTES:
        route.call(proxy.url, {**key, "Authorization": f"Bearer {stage.token()}"}, model="third")
    time.sleep(1)  # callbacks run in the background
    (proxy.folder / "keep").unlink()
    return proxy


def test_the_debug_log_holds_no_credential(stage: Scene, lively: Proxy) -> None:
    """At the most talkative level no line has a client's token in it, nor the LiteLLM key where the release takes it out of its log."""
    lines = [line[:80] for line in lively.log().splitlines() if stage.written_by(line)]
    assert "DEBUG" in lively.log()
    assert not lines


def test_no_callbacks_payload_holds_a_credential(stage: Scene, lively: Proxy) -> None:
    """What a logging integration is given, before and after the call, in success and failure, has no token, and no LiteLLM key likewise."""
    payloads = (lively.folder / "payloads.txt").read_text().splitlines()
    hooks = {payload.partition(" ")[0] for payload in payloads}
    assert {"log_pre_api_call", "async_log_success_event", "async_log_failure_event", "async_post_call_failure_hook"} <= hooks
    spilled = sorted({(payload.partition(" ")[0], kind) for payload in payloads for kind in stage.written_by(payload)})
    assert not spilled
