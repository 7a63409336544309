"""A client that writes its request by hand: repeated and folded header lines, a body that comes late, and curl as users have it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, REPLY, Anthropic

_BODY = json.dumps({"model": "claude", "max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}]}).encode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Origin, str]]:
    """A proxy, the Anthropic behind it, and its key."""
    key, litellm_key = api_key(), master_key()
    with Origin(Anthropic()) as origin:
        parameters = {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url}
        config = {"model_list": [{"model_name": "claude", "litellm_params": parameters}], "general_settings": {"master_key": litellm_key}}
        environment = {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin.url, "ANTHROPIC_API_BASE": origin.url}
        with Proxy(config, tmp_path_factory.mktemp("raw"), environment, ("--detailed_debug",)) as proxy:
            yield proxy, origin, litellm_key


def _sent(proxy: Proxy, path: str, lines: list[bytes], *, late: float = 0) -> bytes:
    """Write a request line by line, its body after some seconds, and read all that comes back."""
    port = int(proxy.url.rpartition(":")[2])
    head = [f"POST {path} HTTP/1.1".encode(), b"host: proxy", b"connection: close", b"content-type: application/json"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(b"\r\n".join([*head, b"content-length: %d" % len(_BODY), *lines, b"", b""]))
        time.sleep(late)
        raw.sendall(_BODY)
        came = b""
        while block := raw.recv(1 << 16):
            came += block
    return came


@pytest.mark.parametrize("path", ["/v1/messages", "/anthropic/v1/messages"])
@pytest.mark.parametrize("kind", ["late", "repeated", "another's", "folded", "key twice", "beyond ASCII"])
def test_a_request_written_by_hand_sends_one_credential_or_is_refused(running: tuple[Proxy, Origin, str], path: str, kind: str) -> None:
    """However its lines are written: the first token goes out once, with each beta once and no LiteLLM key, or a 4xx says why not."""
    proxy, origin, litellm_key = running
    token, other = oauth_token(), oauth_token()
    bearer, key = f"Authorization: Bearer {token}".encode(), f"x-litellm-api-key: {litellm_key}".encode()
    lines = [bearer, key, b"anthropic-version: 2023-06-01"]
    lines += {
        "late": [],
        "repeated": [bearer, b"anthropic-beta: a-2025-01-01", b"anthropic-beta: b-2025-01-01,a-2025-01-01"],
        "another's": [f"authorization: Bearer {other}".encode(), f"X-Api-Key: {other}".encode()],
        "folded": [b"x-notes: one", f"\t{token}".encode()],
        "key twice": [
            f"x-litellm-api-key: {litellm_key}".encode(),
            f"x-notes: {litellm_key}".encode(),
            f"x-notes: {litellm_key}x".encode(),
        ],
        "beyond ASCII": [b"x-notes: \xe4\xc3\xa4", "x-app: J\u00fcrgen".encode()],
    }[kind]
    origin.clear()
    came = _sent(proxy, path, lines, late=1 if kind == "late" else 0)
    status = int(came.split(b" ", 2)[1])
    assert not any(secret.encode() in came or secret in proxy.log() for secret in (token, other))
    if status != 200:
        assert 400 <= status < 500 and kind in ("folded", "another's"), came[:400]
        assert origin.requests == []
        return
    (request,) = origin.requests
    assert REPLY.encode() in came
    credentials = [(name.lower(), value) for name, value in request.headers if name.lower() in ("authorization", "x-api-key")]
    assert credentials == [("authorization", f"Bearer {token}")]
    assert litellm_key not in str(request.headers) and other not in str(request.headers)
    sent = [beta.strip() for beta in (request.header("anthropic-beta") or "").split(",")]
    assert len(set(sent)) == len(sent) and "oauth-2025-04-20" in sent
    assert kind != "repeated" or {"a-2025-01-01", "b-2025-01-01"} <= set(sent)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("path", ["/v1/messages", "/anthropic/v1/messages"])
@pytest.mark.parametrize(
    "options",
    [["--data-binary", "@-"], ["--data-binary", "@-", "--header", "Expect: 100-continue"], ["--upload-file", ".", "--request", "POST"]],
    ids=["whole", "after a 100", "in chunks that come late"],
)
def test_curl_is_answered(running: tuple[Proxy, Origin, str], path: str, options: list[str]) -> None:
    """Over HTTP/1.1, however curl sends its body, it gets the answer, and Anthropic gets the whole body, once, with the token alone."""
    proxy, origin, litellm_key = running
    token = oauth_token()
    origin.clear()
    headers = [f"x-litellm-api-key: {litellm_key}", f"Authorization: Bearer {token}", "anthropic-version: 2023-06-01"]
    given = [part for each in (*headers, "content-type: application/json") for part in ("--header", each)]
    command = ["curl", "--disable", "--silent", "--http1.1", "--noproxy", "*", *given, *options, proxy.url + path]
    environment = {"PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as curl:
        assert curl.stdin is not None
        curl.stdin.write(_BODY[:20])
        curl.stdin.flush()
        time.sleep(0.5)
        answered, _ = curl.communicate(_BODY[20:], timeout=60)
    assert REPLY.encode() in answered
    (request,) = origin.requests
    assert json.loads(request.body)["messages"] == json.loads(_BODY)["messages"]
    assert (request.header("authorization"), request.header("x-api-key")) == (f"Bearer {token}", None)
    assert litellm_key not in str(request.headers) and token not in proxy.log()
