"""The call paths over real sockets and LiteLLM's default transports (aiohttp for the asynchronous ones), judged by the strict stand-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.call_paths import CallPath, installed_paths
from tests.support.headers import shown, with_credential
from tests.support.origin import Origin
from tests.wire.conftest import Wire, background
from tests.wire.upstream import sent_by_upstream

_SENT = sent_by_upstream()
_WAYS = ("api_key", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "extra_headers")


def _cells(is_async: bool) -> list[Any]:
    return [
        pytest.param(path, way, id=f"{path.name}-{way}")
        for path in installed_paths()
        if path.is_async == is_async
        for way in _WAYS
        if (way != "extra_headers" or path.header_parameters) and (way == "api_key" or not path.requires_api_key)
    ]


def _given(way: str, token: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    if way.startswith("ANTHROPIC_"):
        monkeypatch.setenv(way, token)
        return {}
    return {"extra_headers": {"Authorization": f"Bearer {token}"}} if way == "extra_headers" else {"api_key": token}


def _assert_accepted(path: CallPath, origin: Origin, wire: Wire, names: dict[str, str]) -> None:
    first = wire.requests[0]
    assert (first.method, first.path) == (path.method, path.target)
    assert shown(first, {**names, "host": urlsplit(origin.url).netloc}) == with_credential(_SENT[path.name].headers, "token")
    assert wire.statuses == [200] * len(wire.statuses)


@pytest.mark.parametrize(("path", "way"), _cells(is_async=False))
def test_synchronous_paths_are_accepted_with_a_token(
    path: CallPath, way: str, loopback: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strict stand-in accepts each synchronous path with a token, and its headers on the wire are the contract's."""
    path.run(**_given(way, names["token"], monkeypatch), **path.at(loopback[0].url))
    _assert_accepted(path, *loopback, names)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "way"), _cells(is_async=True))
async def test_asynchronous_paths_are_accepted_with_a_token(
    path: CallPath, way: str, loopback: tuple[Origin, Wire], names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same over the default aiohttp transport."""
    await path.arun(**_given(way, names["token"], monkeypatch), **path.at(loopback[0].url))
    await background()
    _assert_accepted(path, *loopback, names)
