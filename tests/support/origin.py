"""A loopback HTTP origin in a thread: it records what arrives and answers as a function says."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType

from aiohttp import web


@dataclass(frozen=True)
class Request:
    """One request as it arrived: `target` is path and query undecoded, `headers` keep order, spelling and repetition."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The value of a header under any casing; several are joined with a comma, as RFC 9110 reads them. None without one."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


@dataclass(frozen=True)
class Answer:
    """What goes back. A `body` of several parts is sent one chunk each, as an event stream is.

    pause: seconds ahead of each part. breaks_off: the connection is closed behind the last part, where a body would have ended.
    """

    status: int
    body: bytes | tuple[bytes, ...] = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    breaks_off: bool = False


class Origin:
    """A server on a free loopback port (or the given one), as a context manager: `with Origin(answer) as origin: origin.url`.

    answer: called once for each request, on the server's thread. An exception in it is answered with 500 and raised again on leaving.
    tls: what it proves itself with over https; plain http without.
    """

    def __init__(self, answer: Callable[[Request], Answer], port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._port = port
        self._tls = tls
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._left: list[Request] = []
        self._failures: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback origin", daemon=True)
        self._runner: web.ServerRunner | None = None
        self.url = ""

    @property
    def requests(self) -> list[Request]:
        """What has arrived so far, in order; a copy."""
        with self._lock:
            return list(self._requests)

    @property
    def left(self) -> list[Request]:
        """The requests whose clients went away before they were answered; a copy."""
        with self._lock:
            return list(self._left)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._left.clear()

    def __enter__(self) -> Origin:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(timeout=10)
        except BaseException:
            self._stop_loop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(timeout=10)
        self._stop_loop()
        if self._failures and error is None:
            raise self._failures[0]

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _start(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"{'https' if self._tls else 'http'}://{host}:{port}"

    async def _handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        request = Request(
            method=incoming.method,
            target=incoming.raw_path,
            headers=tuple(_decoded(incoming.raw_headers)),
            body=await incoming.content.read(),
        )
        with self._lock:
            self._requests.append(request)
        try:
            answer = self._answer(request)
        except Exception as failure:
            self._failures.append(failure)
            return web.Response(status=500, text=repr(failure))
        try:
            return await _sent(incoming, answer)
        except (asyncio.CancelledError, ConnectionResetError):
            with self._lock:
                self._left.append(request)
            raise


async def _sent(incoming: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    if isinstance(answer.body, bytes):
        await asyncio.sleep(answer.pause)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    await response.prepare(incoming)
    for part in answer.body:
        await asyncio.sleep(answer.pause)
        await response.write(part)
    if answer.breaks_off and incoming.transport is not None:
        incoming.transport.close()
    else:
        await response.write_eof()
    return response


def _decoded(raw: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
