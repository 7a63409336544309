"""Run the proxy of this interpreter's environment with examples/proxy_config.yaml, and print the call that works against it: `make proxy`.

Its Anthropic is a stand-in on this machine, unless ANTHROPIC_API_BASE names another (https://api.anthropic.com for the real one). The
LiteLLM key is LITELLM_MASTER_KEY, or one generated for this run and printed once. Ctrl-C, or SIGTERM, ends all of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

import httpx

from tests.support.credentials import oauth_token

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "examples" / "proxy_config.yaml"
BASE = "ANTHROPIC_API_BASE"
MASTER_KEY = "LITELLM_MASTER_KEY"
TOKEN = "ANTHROPIC_OAUTH_TOKEN"
CURL = """\
curl http://127.0.0.1:{port}/v1/messages \\
  -H "x-litellm-api-key: Bearer $LITELLM_MASTER_KEY" \\
  -H "Authorization: Bearer $ANTHROPIC_OAUTH_TOKEN" \\
  -H "anthropic-version: 2023-06-01" -H "content-type: application/json" \\
  -d '{{"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": [{{"role": "user", "content": "Say hello."}}]}}'"""
_PATIENCE = 120.0
_Process = TypeVar("_Process", "subprocess.Popen[bytes]", "subprocess.Popen[str]")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.proxy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4000, help="loopback port to listen on (default: %(default)s)")
    port: int = parser.parse_args().port
    if not _is_free(port):
        print(f"error: port {port} is taken. Stop what listens there, or choose another port: make proxy PORT={port + 1}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    made_key = MASTER_KEY not in os.environ
    key = os.environ.setdefault(MASTER_KEY, "sk-" + secrets.token_urlsafe(24))
    try:
        with _anthropic() as anthropic, _ended(_proxy(port)) as process:
            if not _is_ready(process, port):
                return 1
            print(_introduction(port, anthropic, key if made_key else None), flush=True)
            return process.wait()
    except KeyboardInterrupt:
        print("\nproxy: stopped.", flush=True)
        return 0


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextlib.contextmanager
def _anthropic() -> Iterator[str | None]:
    """The stand-in as a process, set as the proxy's Anthropic, and its origin; None where the environment names another."""
    if os.environ.get(BASE):
        yield None
        return
    command = [sys.executable, "-m", "tests.support.standin"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
    with _ended(process):
        assert process.stdout is not None
        origin = process.stdout.readline().strip()
        threading.Thread(target=_show, args=(process.stdout,), daemon=True).start()
        os.environ.update({BASE: origin, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin})
        yield origin


def _show(lines: Iterable[str]) -> None:
    """Each request that arrives at the stand-in, by the names of its credentials."""
    for line in lines:
        print(f"arrived at the stand-in: {line}", end="", flush=True)


def _proxy(port: int) -> subprocess.Popen[bytes]:
    litellm = Path(sys.executable).with_name("litellm")
    command = [str(litellm), "--config", str(CONFIG), "--host", "127.0.0.1", "--port", str(port)]
    print(f"Starting the proxy: litellm --config {CONFIG.relative_to(ROOT)} --port {port}", flush=True)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


@contextlib.contextmanager
def _ended(process: _Process) -> Iterator[_Process]:
    """A process that was started in a group of its own: all of the group ends when the block does."""
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the proxy serves. False, with the reason on standard error, if it ends instead or takes too long."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            print(f"error: the proxy ended with status {process.returncode}; what it says above tells why.", file=sys.stderr)
            return False
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/health/liveliness", timeout=5, trust_env=False).status_code == 200
        time.sleep(0.2)
    print(f"error: the proxy was not ready within {_PATIENCE:.0f} s; its log is above.", file=sys.stderr)
    return False


def _introduction(port: int, stand_in: str | None, made_key: str | None) -> str:
    """What to type in another terminal."""
    anthropic = f"the stand-in, {stand_in}" if stand_in else os.environ[BASE]
    lines = ["", f"The proxy serves at http://127.0.0.1:{port}. Its Anthropic is {anthropic}.", "In another terminal:", ""]
    lines += [f"export {MASTER_KEY}={made_key}"] * bool(made_key)
    # The stand-in takes any token of the right form; this one was issued by nobody.
    lines += [f"export {TOKEN}={oauth_token()}"] * bool(stand_in)
    return "\n".join([*lines, CURL.format(port=port), "", "Ctrl-C ends it."])


if __name__ == "__main__":
    sys.exit(main())
