"""An Anthropic that breaks off, hangs or answers garbage, and a proxy that is killed: an error in time, without a token, and on it goes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import pytest

from litellm.llms.custom_httpx.llm_http_handler import BaseLLMHTTPHandler
from litellm.proxy.anthropic_endpoints import endpoints
from tests.pressure.inputs import says
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, REPLY, Anthropic


@dataclass(frozen=True)
class Fault:
    """What is written to whoever asks, and what becomes of the connection then."""

    said: bytes
    then: Literal["closes", "resets", "hangs"] = "closes"


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
_START = f"event: message_start\ndata: {json.dumps({'type': 'message_start', 'message': _MESSAGE})}\n\n".encode()
FAULTS: dict[str, Fault] = {
    "closes at once": Fault(b""),
    "resets at once": Fault(b"", "resets"),
    "hangs": Fault(b"", "hangs"),
    "breaks off in the head": Fault(b"HTTP/1.1 200 OK\r\ncontent-ty"),
    "resets in the head": Fault(b"HTTP/1.1 200 OK\r\ncontent-ty", "resets"),
    "breaks off in the body": Fault(_HEAD + b'content-length: 1000\r\n\r\n{"id": "msg'),
    "resets in the body": Fault(_HEAD + b'content-length: 1000\r\n\r\n{"id": "msg', "resets"),
    "hangs in the body": Fault(_HEAD + b'content-length: 1000\r\n\r\n{"id": "msg', "hangs"),
    "breaks off in a chunk": Fault(_EVENTS + b"ffff\r\n" + _START),
    "hangs in a stream": Fault(_EVENTS + b"%x\r\n" % len(_START) + _START, "hangs"),
    "ends a stream early": Fault(_EVENTS + b"%x\r\n" % len(_START) + _START + b"\r\n0\r\n\r\n"),
    "is no HTTP": Fault(b"\x00\xff\x16\x03 nonsense\r\n\r\n"),
    "is no JSON": Fault(_HEAD + b"content-length: 9\r\n\r\n<garbage>"),
    "is other JSON": Fault(_HEAD + b"content-length: 4\r\n\r\n[[1]"),
    "redirects to nowhere": Fault(b"HTTP/1.1 307 x\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n"),
    "has a broken length": Fault(_HEAD + b"content-length: much\r\n\r\n{}"),
}
# Without it a release has a deployment's timeout for chat completions alone: upstream's, with its own key, waits as long as the tests do.
_HAS_TIMEOUTS = hasattr(BaseLLMHTTPHandler, "_resolve_anthropic_messages_timeout")
# Where a stream answers a request for none, releases without it put an error of their own under the stream's status, 200. Upstream's do
# so for every answer of /v1/messages that is no message; the fork's answer 502 where they can tell.
_HAS_OWN_ERRORS = hasattr(endpoints, "_anthropic_error_json_response")
_KEEP_200 = ("breaks off in a chunk", "ends a stream early")
_TIMEOUT = 2
_BOUND = 30


class _Faulty:
    """A server at which whoever asks a model that has a fault's name meets that fault."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._answer, "127.0.0.1", 0), self.loop).result(10)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            (length,) = re.findall(rb"content-length: (\d+)", head.lower())
            fault = FAULTS[json.loads(await reader.readexactly(int(length)))["model"]]
            writer.write(fault.said)
            await writer.drain()
            if fault.then == "hangs":
                await reader.read()
            elif fault.then == "resets":
                # Closed without waiting for what the other side has not read yet: TCP tells it with a reset.
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, str]]:
    """A proxy and its key: a model leads to each fault, one to an Anthropic that is well, and the pass-through to all faults."""
    server, key, litellm_key = _Faulty(), api_key(), master_key()
    with Origin(Anthropic()) as origin:
        deployments = {**{name: (name, server.url) for name in FAULTS}, "well": (MODEL, origin.url)}
        models = [
            {"model_name": name, "litellm_params": {"model": f"anthropic/{model}", "api_key": key, "api_base": url, "timeout": _TIMEOUT}}
            for name, (model, url) in deployments.items()
        ]
        config = {"model_list": models, "general_settings": {"master_key": litellm_key}, "litellm_settings": {"num_retries": 0}}
        environment = {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": f"{server.url},{origin.url}", "ANTHROPIC_API_BASE": server.url}
        with Proxy(config, tmp_path_factory.mktemp("faulty"), environment, ("--detailed_debug",)) as proxy:
            yield proxy, litellm_key
    server.stop()


def _ask(proxy: Proxy, litellm_key: str, token: str, path: str, model: str, streamed: bool) -> tuple[int, str]:
    """Status and body; 0 where the connection was broken off."""
    body: dict[str, object] = {"model": model, "stream": streamed}
    said = [{"role": "user", "content": "Say hello."}]
    body |= {"input": "Say hello."} if path == "/v1/responses" else {"max_tokens": 16, "messages": said}
    headers = {"x-litellm-api-key": litellm_key, "authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"}
    try:
        answer = httpx.post(proxy.url + path, json=body, headers=headers, timeout=_BOUND, trust_env=False)
    except httpx.RemoteProtocolError as error:
        return 0, str(error)
    return answer.status_code, answer.text


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_anthropics_is_an_error_in_time_and_says_no_token(
    faulty: tuple[Proxy, str], fault: str, path: str, streamed: bool
) -> None:
    """Whatever comes in place of an answer, the client is told, none of what was asked with is in it, and the next client is served."""
    if not _HAS_TIMEOUTS and FAULTS[fault].then == "hangs" and path != "/v1/chat/completions":
        pytest.skip("this release waits without end here")
    proxy, litellm_key = faulty
    token, started = oauth_token(), time.monotonic()
    status, text = _ask(proxy, litellm_key, token, path, fault, streamed)
    assert time.monotonic() - started < _BOUND
    assert REPLY not in text and token not in text and litellm_key not in text
    # A stream that has begun is cut off where Anthropic cut it.
    keeps_200 = not _HAS_OWN_ERRORS and fault in _KEEP_200 and path == "/v1/messages" and text.startswith('{"error"')
    assert status >= 400 or streamed or keeps_200, text[:300]
    assert token not in proxy.log()
    assert _ask(proxy, litellm_key, oauth_token(), path, "well", streamed)[0] == 200


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if fault.then != "hangs"])
def test_a_fault_of_anthropics_on_a_pass_through_is_handed_on_and_says_no_token(
    faulty: tuple[Proxy, str], fault: str, streamed: bool
) -> None:
    """Nothing but what came, or an error, and the next client is served. (Where nothing comes, a pass-through waits as its client does.)"""
    proxy, litellm_key = faulty
    token, started = oauth_token(), time.monotonic()
    status, text = _ask(proxy, litellm_key, token, "/anthropic/v1/messages", fault, streamed)
    assert time.monotonic() - started < _BOUND
    assert status == 0 or status >= 400 or text.encode() in FAULTS[fault].said, (status, text[:300])
    assert token not in text and litellm_key not in text
    assert token not in proxy.log()
    assert _ask(proxy, litellm_key, oauth_token(), "/v1/messages", "well", streamed)[0] == 200


def test_a_proxy_that_is_killed_leaves_no_token_and_serves_again(tmp_path: Path) -> None:
    """Killed between two requests, it has written no token anywhere; started again, it serves the next client."""
    token, litellm_key = oauth_token(), master_key()
    with Origin(Anthropic()) as origin:
        parameters = {"model": f"anthropic/{MODEL}", "api_base": origin.url}
        config: dict[str, object] = {
            "model_list": [{"model_name": "claude", "litellm_params": parameters}],
            "general_settings": {"master_key": litellm_key},
            "litellm_settings": {"cache": True, "cache_params": {"type": "local"}},
        }
        with Proxy(config, tmp_path, {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin.url}, ("--detailed_debug",)) as proxy:
            assert _ask(proxy, litellm_key, token, "/v1/messages", "claude", False)[0] == 200
            os.killpg(proxy.pid, signal.SIGKILL)
            written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
            assert token.encode() not in written and not says(written, token[len("sk-ant-oat01-") :])
            assert proxy.start()
            assert _ask(proxy, litellm_key, token, "/v1/messages", "claude", False)[0] == 200
    sent = {value for request in origin.requests for name, value in request.headers if name.lower() == "authorization"}
    assert json.dumps(sorted(sent)) == json.dumps([f"Bearer {token}"])
