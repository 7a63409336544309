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

# One interpreter makes all the calls of a way: importing LiteLLM takes seconds.
_CALLER = """
import asyncio, json, sys
from tests.support.call_paths import CALL_PATHS
names, given = json.load(sys.stdin)
async def main():
    for name in names:
        path = next(path for path in CALL_PATHS if path.name == name)
        await path.arun(**given)
        print(name, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("way", _WAYS)
def test_the_native_route_sends_a_token_as_the_contract_says(way: str, loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """With LITELLM_RUST=1 in a process of its own, each path's header set is the contract's, and the strict stand-in accepts it."""
    origin, wire = loopback
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    clean(environment)
    environment.update(
        LITELLM_RUST="1",
        ANTHROPIC_API_BASE=origin.url,
        LITELLM_ANTHROPIC_OAUTH_ORIGINS=origin.url,
        **filled(_WAYS[way].get("environment", {}), names),
    )
    given: dict[str, Any] = filled(_WAYS[way].get("given", {}), names)
    if "headers" in _WAYS[way]:
        given["extra_headers"] = filled(_WAYS[way]["headers"], names)
    done = subprocess.run(
        [sys.executable, "-c", _CALLER], input=json.dumps([_PATHS, given]), env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:].replace(names["token"], "{token}")
    sent = [shown(request, {**names, "host": urlsplit(origin.url).netloc}) for request in wire.requests]
    facts = sent_by_upstream()
    assert sent == [with_credential(facts[name].headers, "token") for name in _PATHS]
    assert wire.statuses == [200] * len(_PATHS)
