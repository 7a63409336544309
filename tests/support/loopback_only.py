"""A guard on the process's sockets: a connection, or a look-up of a name, to anything but loopback is refused and noted."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class NotLoopbackError(ConnectionRefusedError):
    """A test tried to reach another machine. LiteLLM swallows some connection errors, so the guard's notes tell as well."""


@contextmanager
def loopback_only() -> Iterator[list[str]]:
    """Within the context only loopback and Unix sockets can be connected; gives the list of what was refused so far, as `host:port`."""
    refused: list[str] = []
    connect, connect_ex, getaddrinfo = _installed()

    def check(host: object, port: object) -> None:
        if not is_loopback(host):
            refused.append(f"{host}:{port}")
            raise NotLoopbackError(f"a test tried to reach {host}:{port}; tests talk to loopback only")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(*address[:2])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(*address[:2])
        return int(connect_ex(self, address))

    def guarded_getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host is not None:
            check(host, port)
        return getaddrinfo(host, port, *rest, **named)

    with _replaced(guarded_connect, guarded_connect_ex, guarded_getaddrinfo):
        yield refused


@contextmanager
def unguarded() -> Iterator[None]:
    """Within the context the process may connect to whatever it likes, guard or not: for tests against the real API, run by hand."""
    with _replaced(*_ORIGINAL):
        yield


def _installed() -> tuple[Any, Any, Any]:
    return socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


_ORIGINAL = _installed()


@contextmanager
def _replaced(connect: Any, connect_ex: Any, getaddrinfo: Any) -> Iterator[None]:
    before = _installed()
    socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect_ex, getaddrinfo  # type: ignore[method-assign]
    try:
        yield
    finally:
        socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = before  # type: ignore[method-assign]


def is_loopback(host: object) -> bool:
    """Whether a host, by name or number, is this machine itself. A listening address such as 0.0.0.0 is not."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
