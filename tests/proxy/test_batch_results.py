"""What LiteLLM does by itself after a client has asked for a batch that ended: it fetches the results, to know what they cost."""

from __future__ import annotations

import time

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import Route
from tests.support.proxy_scene import Scene, wire_headers

ENDED = Route("batches retrieve", "GET", "/v1/batches/msgbatch_ended?provider=anthropic", answered="msgbatch_ended")
PATIENCE = 1.5


def _followers(stage: Scene) -> list[dict[str, str]]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and len(stage.anthropic.requests) < 2:
        time.sleep(0.05)
    return [wire_headers(request) for request in stage.anthropic.requests[1:]]


def test_nothing_follows_a_clients_own_batch(stage: Scene, proxy: Proxy) -> None:
    """A client's batch is not the operator's to read: neither the operator's key nor a token that a task kept goes after it."""
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token()}"}
    stage.clear()
    answer = ENDED.call(proxy.url, headers)
    assert answer.status_code == 200 and ENDED.answered in answer.text
    assert wire_headers(stage.anthropic.requests[0])["authorization"] == headers["Authorization"]
    assert not _followers(stage)


def test_the_operators_batches_are_followed_as_upstream_does(stage: Scene, proxy: Proxy) -> None:
    """For a batch of the operator's, whatever upstream sends afterwards carries the operator's key."""
    stage.clear()
    assert ENDED.call(proxy.url, {"x-litellm-api-key": stage.litellm_key}).status_code == 200
    assert all(follower["x-api-key"] == stage.operator_key and "authorization" not in follower for follower in _followers(stage))
