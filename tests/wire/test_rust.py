"""LITELLM_RUST=1: upstream's native route for messages, which no Python mock sees, obeys the contract or steps aside for tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.call_paths import installed_paths
from tests.support.environment import clean
from tests.support.headers import shown, with_credential
from tests.support.origin import Origin
from tests.wire.conftest import Wire
from tests.wire.sources import filled
from tests.wire.upstream import sent_by_upstream

_WAYS: dict[str, dict[str, Any]] = {
    "api_key": {"given": {"api_key": "{token}"}},
    "ANTHROPIC_API_KEY": {"environment": {"ANTHROPIC_API_KEY": "{token}"}},
    "ANTHROPIC_AUTH_TOKEN": {"environment": {"ANTHROPIC_AUTH_TOKEN": "{token}"}},
    "extra_headers": {"headers": {"Authorization": "Bearer {token}"}, "given": {"api_key": "{api_key}"}},
    "extra_headers alone": {"headers": {"authorization": "bearer {token}"}},
}
_PATHS = [path.name for path in installed_paths() if path.target == "/v1/messages" and path.is_async and not path.requires_api_key]

# One interpreter makes all the calls: importing LiteLLM takes seconds.
_CALLER = """
import asyncio, json, os, sys
from tests.support.call_paths import CALL_PATHS
paths, ways = json.load(sys.stdin)
async def main():
    for way in ways:
        os.environ.update(way["environment"])
        for name in paths:
            path = next(path for path in CALL_PATHS if path.name == name)
            await path.arun(**way["given"])
        for name in way["environment"]:
            del os.environ[name]
asyncio.run(main())
"""


def test_the_native_route_sends_a_token_as_the_contract_says(loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """With LITELLM_RUST=1, in a process of its own, each path sends the contract's header set from each source, and is accepted."""
    pytest.importorskip("litellm.rust_bridge", reason="the installed release has no native route")
    origin, wire = loopback
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    clean(environment)
    environment.update(LITELLM_RUST="1", ANTHROPIC_API_BASE=origin.url, LITELLM_ANTHROPIC_OAUTH_ORIGINS=origin.url)
    ways = [
        {
            "environment": filled(way.get("environment", {}), names),
            "given": {
                **filled(way.get("given", {}), names),
                **({"extra_headers": filled(way["headers"], names)} if "headers" in way else {}),
            },
        }
        for way in _WAYS.values()
    ]
    done = subprocess.run(
        [sys.executable, "-c", _CALLER], input=json.dumps([_PATHS, ways]), env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:].replace(names["token"], "{token}")
    facts = sent_by_upstream()
    sent = [shown(request, {**names, "host": urlsplit(origin.url).netloc}) for request in wire.requests]
    calls = [(way, path) for way in _WAYS for path in _PATHS]
    assert dict(zip(calls, sent, strict=True)) == {(way, path): with_credential(facts[path].headers, "token") for way, path in calls}
    assert wire.statuses == [200] * len(calls)


@pytest.mark.parametrize(("api_key", "steps_aside"), [("{token}", True), ("oidc/env/SOMETHING", True), ("{api_key}", False)])
def test_the_native_route_steps_aside_for_what_may_be_a_token(api_key: str, steps_aside: bool, names: dict[str, str]) -> None:
    """A token, and a reference to a secret, which only the call's own function reads, are not the native route's; an API key is."""
    from litellm.litellm_core_utils.oauth_scope import may_send_oauth

    assert may_send_oauth({}, (), {"api_key": api_key.format(**names)}) is steps_aside
