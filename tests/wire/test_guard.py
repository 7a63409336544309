"""The guard that keeps tests on loopback is itself a guard: it refuses, and it notes what was swallowed."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import httpx
import pytest

from tests.support.loopback_only import NotLoopbackError, is_loopback, loopback_only
from tests.support.origin import Answer, Origin

# An address that is reserved for documentation (RFC 5737): nothing answers there, guard or not.
ELSEWHERE = "192.0.2.1"


@pytest.fixture
def refused(_loopback: list[str]):  # type: ignore[no-untyped-def]
    """The notes of a guard inside the session's, so that what is tried here does not fail the test that tries it."""
    with loopback_only() as notes:
        yield notes


def test_a_connection_elsewhere_is_refused_and_noted(refused: list[str]) -> None:
    """connect, connect_ex and a look-up of a name each raise, and each leave a note."""
    with socket.socket() as plain, pytest.raises(NotLoopbackError):
        plain.connect((ELSEWHERE, 443))
    with socket.socket() as plain, pytest.raises(NotLoopbackError):
        plain.connect_ex((ELSEWHERE, 443))
    with pytest.raises(NotLoopbackError):
        socket.getaddrinfo("api.anthropic.com", 443)
    assert refused == [f"{ELSEWHERE}:443", f"{ELSEWHERE}:443", "api.anthropic.com:443"]


def test_a_swallowed_refusal_is_noted_for_both_transports(refused: list[str]) -> None:
    """httpx and aiohttp wrap the refusal in errors of their own; the notes keep it."""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{ELSEWHERE}/")

    async def over_aiohttp() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://{ELSEWHERE}/")

    with pytest.raises(aiohttp.ClientConnectionError):
        asyncio.run(over_aiohttp())
    assert refused == [f"{ELSEWHERE}:80"] * 2


def test_loopback_stays_open(refused: list[str]) -> None:
    """A server on loopback is reached, and nothing is noted."""
    with Origin(lambda request: Answer(204)) as origin:
        assert httpx.get(origin.url).status_code == 204
    assert refused == []


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), (b"localhost", True)]
    + [("0.0.0.0", False), ("10.0.0.1", False), ("localhost.example", False), ("127.0.0.1.example", False), ("", False)],
)
def test_only_this_machine_is_loopback(host: object, is_ours: bool) -> None:
    """Names that merely begin like loopback, and the listening address, are not loopback."""
    assert is_loopback(host) is is_ours
