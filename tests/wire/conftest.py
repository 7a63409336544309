"""What the wire tests share: a clean LiteLLM before each test, the mocked and the real Anthropic, credentials by name."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER
from litellm.litellm_core_utils.thread_pool_executor import executor
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
from tests.support import other_providers
from tests.support.credentials import api_key
from tests.support.origin import Answer, Origin, Request
from tests.support.standin import Anthropic
from tests.wire.sources import new_credentials

_tests = itertools.count()


async def background() -> None:
    """Wait for what LiteLLM does after it has answered an asynchronous call.

    Three rounds: the call's log entry, queued by a task of its own; a request the entry makes (a batch's results, for their cost); and
    the log entry of that.
    """
    for _ in range(3):
        await asyncio.sleep(0)
        await asyncio.wait_for(GLOBAL_LOGGING_WORKER.flush(), timeout=20)
        # In older releases a flush waits for what is queued, but not for an entry that is being written.
        if GLOBAL_LOGGING_WORKER._queue is not None:
            await asyncio.wait_for(GLOBAL_LOGGING_WORKER._queue.join(), timeout=20)


class Wire:
    """An Anthropic that judges strictly, whichever way requests reach it: what arrived, and the status each got."""

    def __init__(self, anthropic: Anthropic, bearer: str) -> None:
        """bearer: a credential of a gateway in front, which takes it and puts its own API key in its place."""
        self.anthropic = anthropic
        self._gateway = ("Bearer " + bearer, api_key())
        self.requests: list[Request] = []
        self.statuses: list[int] = []

    def __call__(self, request: Request) -> Answer:
        bearer, key = self._gateway
        headers = tuple(("x-api-key", key) if value == bearer else (name, value) for name, value in request.headers)
        answer = self.anthropic(replace(request, headers=headers))
        self.requests.append(request)
        self.statuses.append(answer.status)
        return answer

    def mocked(self, request: httpx.Request) -> httpx.Response:
        """The answer as respx wants it."""
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        answer = self(Request(request.method, request.url.raw_path.decode("ascii"), headers, request.read()))
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        return httpx.Response(answer.status, content=body, headers=answer.headers)


@pytest.fixture
def names() -> dict[str, str]:
    """Credentials of this test by name, as tests.wire.sources uses them."""
    return new_credentials()


@pytest.fixture(scope="session", autouse=True)
def _garbage_between_tests_only() -> Iterator[None]:
    """Collect garbage only where no lock is held.

    LiteLLM leaves a synchronous stream to the collector when it has read the last event. Collected at a bad moment, inside httpcore's
    pool, it closes itself there, and waits for the lock that its own thread holds.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _logged_before_the_call_goes_on() -> Iterator[None]:
    """Wait for each log entry that LiteLLM leaves to a thread.

    At its end an asynchronous stream copies its response, which that thread writes into: now and then, 1.81.3 fails there.
    """
    submit = executor.submit

    def submit_and_wait(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        entry = submit(function, *args, **kwargs)
        wait([entry], timeout=20)
        return entry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executor, "submit", submit_and_wait)
        yield


@pytest.fixture(autouse=True)
def _fresh_litellm() -> None:
    """What the process keeps would reach the next test: model lists, cached by their parameters, and the callbacks of every Router made."""
    litellm.utils._model_cache.flush_cache()
    litellm.logging_callback_manager._reset_all_callbacks()
    # From 1.81.14 to 1.82.0 LiteLLM closes a client that its cache lets go, though it goes on sending with this one.
    if litellm.module_level_aclient.client.is_closed:
        litellm.module_level_aclient = AsyncHTTPHandler(timeout=litellm.request_timeout)
    if next(_tests) % 100 == 0:
        gc.collect()


@pytest.fixture
def wire(names: dict[str, str]) -> Iterator[Wire]:
    """https://api.anthropic.com, mocked where httpx hands a request to its transport: above httpx's own and LiteLLM's aiohttp one alike."""
    wire = Wire(Anthropic(), names["bearer"])
    with respx.mock(using="httpx", assert_all_called=False) as router:
        router.route(host="api.anthropic.com", scheme="https").mock(side_effect=wire.mocked)
        yield wire


@pytest.fixture
def loopback(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Origin, Wire]]:
    """The same over real sockets and LiteLLM's default transports; ANTHROPIC_API_BASE leads there, and the operator lists it for tokens."""
    wire = Wire(Anthropic(), names["bearer"])
    with Origin(wire) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        yield origin, wire


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """An origin that is every other provider. Google's token exchange is left out: it is not what is tested, and leaves loopback."""
    from litellm.llms.vertex_ai.vertex_llm_base import VertexBase

    if importlib.util.find_spec("vertexai") is None:
        # Some releases want Google's SDK to be importable before they call Vertex without it.
        sdk = types.ModuleType("vertexai")
        sdk.preview = types.SimpleNamespace()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "vertexai", sdk)
    monkeypatch.setattr(VertexBase, "_ensure_access_token", lambda *args, **kwargs: ("google-token", "unused"))

    async def access_token(*args: object, **kwargs: object) -> tuple[str, str]:
        return "google-token", "unused"

    monkeypatch.setattr(VertexBase, "_ensure_access_token_async", access_token)
    with Origin(other_providers.answer) as origin:
        yield origin
