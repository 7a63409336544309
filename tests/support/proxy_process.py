"""A real LiteLLM proxy as a child process: `litellm --config` on a free loopback port, its log in a file, nothing
inherited from the environment.

The child can reach loopback only: a hook at interpreter start-up ends it, naming the address, at the first connection to anywhere else.
It ends with the process that started it, so that an interrupted run leaves nothing behind.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support.environment import clean

_PATIENCE = 90.0
_FOREIGN = "the proxy tried to reach"
_IN_THE_CHILD = f"""
import gc, os, socket, sys, threading, time

def end_with(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(71)

threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

def only_loopback(host):
    if host not in ("127.0.0.1", "::1", "localhost", b"127.0.0.1", b"::1", b"localhost", None):
        print("{_FOREIGN}", host, file=sys.stderr, flush=True)
        os._exit(70)

def hook(event, arguments):
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        only_loopback(arguments[1][0])
    elif event == "socket.getaddrinfo":
        only_loopback(arguments[0])

sys.addaudithook(hook)

try:
    import uvloop
except ImportError:
    pass
else:
    # What is imported stays: to look through it for garbage again and again takes a quarter of a start.
    gc.disable()

    # libuv resolves and connects without Python, so nothing of it is audited.
    class Loop(uvloop.Loop):
        async def create_server(self, *rest, **named):
            gc.enable()
            return await super().create_server(*rest, **named)

        async def getaddrinfo(self, host, *rest, **named):
            only_loopback(host)
            return await super().getaddrinfo(host, *rest, **named)

        async def sock_connect(self, sock, address):
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                only_loopback(address[0])
            return await super().sock_connect(sock, address)

        async def create_connection(self, factory, host=None, *rest, **named):
            only_loopback(host)
            return await super().create_connection(factory, host, *rest, **named)

    uvloop.Loop = Loop
"""


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
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        (folder / "config.yaml").write_text(json.dumps(config, indent=1))
        hooks = folder / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(_IN_THE_CHILD)
        search_path = [str(hooks), str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONPATH": os.pathsep.join(search_path),
            "PYTHONUNBUFFERED": "1",
        }
        clean(self._environment)
        self._environment.update(environment)
        self._command = (
            str(Path(sys.executable).with_name("litellm")),
            *("--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(self._port)),
            *arguments,
        )

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
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            if self._is_ready():
                return True
            time.sleep(0.05)
        self.stop()
        raise TimeoutError(f"the proxy was not ready within {_PATIENCE} s; its log:\n{self.log()[-4000:]}")

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._running().poll()

    @property
    def pid(self) -> int:
        """The process, which leads a group of its own."""
        return self._running().pid

    def stop(self) -> None:
        """End the process and its workers."""
        process = self._running()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)

    def log(self) -> str:
        """All that the process and its workers have written so far, standard output and error together."""
        return self._log.read_text(errors="replace")

    def _running(self) -> subprocess.Popen[bytes]:
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
