"""A real LiteLLM proxy as a child process: what `litellm --config` runs, on a free loopback port, its log in a file, nothing inherited
from the environment.

LiteLLM takes seconds to import, so one process does it for all proxies of a run, and each of them is forked from that one. (What starts
the command itself: `make proxy`, and with it tests/test_documents.py.)

A proxy can reach loopback only: a hook ends it, naming the address, at the first connection to anywhere else. It ends with the process
that started it, so that an interrupted run leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.environment import clean

_PATIENCE = 90.0
_FOREIGN = "the proxy tried to reach"
_LOOPBACK = ("127.0.0.1", "::1", "localhost", b"127.0.0.1", b"::1", b"localhost", None)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.preloaded", "tests.support.proxy_process"])


def _serve(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], log: Path, parent: int) -> None:
    """Be the proxy, in the child."""
    os.setsid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = ["litellm", *arguments]
    sys.addaudithook(_stay_on_loopback)
    _keep_libuv_on_loopback()
    from litellm.proxy.proxy_cli import run_server

    run_server()


def _end_with(parent: int) -> None:
    while _is_alive(parent):
        time.sleep(1)
    os._exit(71)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _only_loopback(host: object) -> None:
    if host not in _LOOPBACK:
        print(_FOREIGN, host, file=sys.stderr, flush=True)
        os._exit(70)


def _stay_on_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        _only_loopback(arguments[1][0])
    elif event == "socket.getaddrinfo":
        _only_loopback(arguments[0])


def _keep_libuv_on_loopback() -> None:
    """libuv resolves and connects without Python, so nothing of it is audited."""
    try:
        import uvloop
    except ImportError:
        return

    class Loop(uvloop.Loop):  # type: ignore[misc]
        async def getaddrinfo(self, host: Any, *rest: Any, **named: Any) -> Any:
            _only_loopback(host)
            return await super().getaddrinfo(host, *rest, **named)

        async def sock_connect(self, sock: socket.socket, address: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                _only_loopback(address[0])
            return await super().sock_connect(sock, address)

        async def create_connection(self, factory: Any, host: Any = None, *rest: Any, **named: Any) -> Any:
            _only_loopback(host)
            return await super().create_connection(factory, host, *rest, **named)

    uvloop.Loop = Loop


def master_key() -> str:
    """A new LiteLLM key, as an operator would generate one."""
    return "sk-" + secrets.token_urlsafe(24)


class Proxy:
    """One proxy for a `with` block, ready to serve when it is entered.

    config: the content of the configuration file; JSON is YAML.
    environment: variables for the child beside a minimal set of its own.
    arguments: more command line arguments, such as `--detailed_debug`.
    folder: an empty folder for the configuration and the log; Python modules put there can be named in the configuration.
    """

    def __init__(
        self,
        config: Mapping[str, object],
        folder: Path,
        environment: Mapping[str, str],
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self._log = folder / "proxy.log"
        self._port = free_port()
        self._process: multiprocessing.context.ForkServerProcess | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        (folder / "config.yaml").write_text(json.dumps(config, indent=1))
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
        clean(self._environment)
        self._environment.update(environment)
        listening = ("--host", "127.0.0.1", "--port", str(self._port))
        self._arguments = ("--config", str(folder / "config.yaml"), *listening, *arguments)

    def __enter__(self) -> Proxy:
        if not self.start():
            raise RuntimeError(f"the proxy ended with status {self.status} before it was ready; its log:\n{self.log()[-4000:]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if error is None and _FOREIGN in self.log():
            raise RuntimeError(f"a test's proxy may reach loopback only; its log:\n{self.log()[-2000:]}")

    def start(self) -> bool:
        """Whether it came up to serve: False if it ended by itself instead, as it does when it refuses its configuration."""
        self._log.touch()
        given = (self._arguments, self.folder, self._environment, self._log, os.getpid())
        self._process = _FORKS.Process(target=_serve, args=given, daemon=True)
        self._process.start()
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.exitcode is not None:
                return False
            if self._is_ready():
                return True
            time.sleep(0.05)
        self.stop()
        raise TimeoutError(f"the proxy was not ready within {_PATIENCE} s; its log:\n{self.log()[-4000:]}")

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._running().exitcode

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own."""
        pid = self._running().pid
        assert pid is not None
        return pid

    def stop(self) -> None:
        """End the process and its workers."""
        process = self._running()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process.exitcode is None:
                os.killpg(self.pid, sign)
                process.join(timeout=1 if sign == signal.SIGTERM else 5)

    def log(self) -> str:
        """All that the process and its workers have written so far, standard output and error together."""
        return self._log.read_text(errors="replace")

    def _running(self) -> multiprocessing.context.ForkServerProcess:
        assert self._process is not None, "the proxy was never started"
        return self._process

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health/liveliness")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def free_port() -> int:
    """One that the kernel gives to nobody who asks for any: until a proxy listens, another test's server could be given it."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
