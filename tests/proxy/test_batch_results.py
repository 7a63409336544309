"""What LiteLLM does by itself after a client has asked for a batch: it fetches the results, to know what they cost.

Some releases do so for a batch that is still running, too.
"""

from __future__ import annotations

import time

import pytest

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import Route
from tests.support.proxy_scene import Scene, wire_headers

ENDED, RUNNING = (
    Route("batches retrieve", "GET", f"/v1/batches/msgbatch_{state}?provider=anthropic", answered=f"msgbatch_{state}")
    for state in ("ended", "running")
)
PATIENCE = 1.5


def _followers(stage: Scene) -> list[dict[str, str]]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and len(stage.anthropic.requests) < 2:
        time.sleep(0.05)
    return [wire_headers(request) for request in stage.anthropic.requests[1:]]


@pytest.mark.parametrize("batch", [ENDED, RUNNING], ids=["ended", "running"])
def test_nothing_follows_a_clients_own_batch(stage: Scene, proxy: Proxy, batch: Route) -> None:
    """A client's batch is not the operator's to read: neither the operator's key nor a token that a task kept goes after it."""
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token()}"}
    stage.clear()
    answer = batch.call(proxy.url, headers)
    assert answer.status_code == 200 and batch.answered in answer.text
    assert wire_headers(stage.anthropic.requests[0])["authorization"] == headers["Authorization"]
    assert not _followers(stage)


def test_the_operators_batches_are_followed_as_upstream_does(stage: Scene, proxy: Proxy) -> None:
    """For a batch of the operator's, whatever upstream sends afterwards carries the operator's key."""
    stage.clear()
    assert ENDED.call(proxy.url, {"x-litellm-api-key": stage.litellm_key}).status_code == 200
    assert all(follower["x-api-key"] == stage.operator_key and "authorization" not in follower for follower in _followers(stage))
