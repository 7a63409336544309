"""Every call path and route against the real Anthropic API, with a token from `ANTHROPIC_OAUTH_TOKEN`. Run by hand: it costs quota.

    ANTHROPIC_OAUTH_TOKEN=... python -m pytest tests/test_litellm/llms/anthropic/test_anthropic_oauth_manual.py

docs/live-tests.md says what each call costs and stores. What a plan's token may do is Anthropic's to say: a path it refuses for the plan
(403, or a 400 that names billing) is shown as an expected failure with Anthropic's own words; a 401 is always a failure, because that is
what a credential sent in the wrong way earns.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import litellm
from tests.support.call_paths import CallPath, installed_paths
from tests.support.loopback_only import unguarded
from tests.support.proxy_routes import CLIENT, PASS_THROUGH_FILES, ROUTES, Route
from tests.support.standin import MODEL

TOKEN = os.environ.get("ANTHROPIC_OAUTH_TOKEN", "").strip()
pytestmark = pytest.mark.skipif(
    not TOKEN, reason="needs a real OAuth token: set ANTHROPIC_OAUTH_TOKEN, as `claude setup-token` prints one"
)
# What the routes name.
_CONFIG: Final = {
    "model_list": [{"model_name": "claude", "litellm_params": {"model": f"anthropic/{MODEL}"}}],
    "files_settings": [{"custom_llm_provider": "anthropic"}],
}
_PATHS = [
    pytest.param(path, way, id=f"{path.name}-{way}")
    for path in installed_paths()
    for way in ("api_key", "extra_headers")
    if way == "api_key" or way in path.header_parameters
]


@pytest.fixture(autouse=True)
def _open_network(_loopback: list[str]) -> Iterator[None]:
    """These tests are the ones that leave loopback."""
    with unguarded():
        yield


@pytest.fixture(autouse=True)
def _says_no_token(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What a test writes is looked at here, and shown nowhere: pytest would print it below a failure."""
    yield
    written = "".join(capfd.readouterr())
    assert not (TOKEN and TOKEN in written), "something wrote the token"


def _given(way: str) -> dict[str, Any]:
    return {"api_key": TOKEN} if way == "api_key" else {"extra_headers": {"Authorization": f"Bearer {TOKEN}"}}


def _judge(error: Exception) -> None:
    """Fail on a refused credential; skip over what is no question of credentials. Raises from None: no chained text can show a header."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    _judge_answer(type(error).__name__, status, str(error).replace(TOKEN, "<token>"))


def _judge_answer(what: str, status: object, said: str) -> None:
    if status == 404:
        return  # The stored thing of that name is not in this account: Anthropic knew who asked.
    if status in (400, 403, 429, 529):
        pytest.xfail(f"Anthropic answered {status}: {said[:300]}")
    pytest.fail(f"{what} {status}: {said[:300]}", pytrace=False)


def _delete_again(path: CallPath, result: Any) -> None:
    """Take out of the account what a path has put into it."""
    deletes = {"create_file": ("file_delete", "file_id"), "create_skill": ("delete_skill", "skill_id")}
    for creates, (delete, name) in deletes.items():
        if path.function.removeprefix("Router.").removeprefix("a") == creates:
            getattr(litellm, delete)(**{name: result.id}, custom_llm_provider="anthropic", api_key=TOKEN)


@pytest.mark.parametrize(("path", "way"), [parameter for parameter in _PATHS if not parameter.values[0].is_async])
def test_synchronous_path_is_accepted_by_anthropic(path: CallPath, way: str) -> None:
    """Anthropic takes the token on this path, and nothing is left in the account."""
    try:
        result = path.run(**_given(way))
        assert path.reached_anthropic(result)
        _delete_again(path, result)
    except Exception as error:
        _judge(error)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "way"), [parameter for parameter in _PATHS if parameter.values[0].is_async])
async def test_asynchronous_path_is_accepted_by_anthropic(path: CallPath, way: str) -> None:
    """The same for the asynchronous paths."""
    try:
        result = await path.arun(**_given(way))
        assert path.reached_anthropic(result)
        _delete_again(path, result)
    except Exception as error:
        _judge(error)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A proxy that has no key for Anthropic: its address, and the headers of a client with the token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key = "sk-" + secrets.token_urlsafe(24)
    settings = {
        name: value for name, value in os.environ.items() if name not in ("ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_API_KEY")
    }
    config = tmp_path_factory.mktemp("proxy") / "config.yaml"
    config.write_text(json.dumps(_CONFIG))
    command = [
        str(Path(sys.executable).with_name("litellm")),
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        command, env={**settings, "LITELLM_MASTER_KEY": key}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            with suppress(httpx.TransportError):
                if CLIENT.get(f"http://127.0.0.1:{port}/health/liveliness").status_code == 200:
                    break
            time.sleep(0.5)
        assert process.poll() is None, f"the proxy ended by itself, with status {process.poll()}"
        yield f"http://127.0.0.1:{port}", {"x-litellm-api-key": f"Bearer {key}", "authorization": f"Bearer {TOKEN}"}
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("route", [*ROUTES, *PASS_THROUGH_FILES], ids=lambda route: route.name)
def test_route_of_the_proxy_is_accepted_by_anthropic(route: Route, proxy: tuple[str, dict[str, str]]) -> None:
    """Anthropic takes the client's token on this route, and nothing is left in the account."""
    url, headers = proxy
    answer = route.call(url, headers)
    if answer.is_error:
        _judge_answer(route.name, answer.status_code, answer.text.replace(TOKEN, "<token>"))
    elif route.name.endswith(("files create", "skills create")):
        path, _, query = route.path.partition("?")
        query = query or ("provider=anthropic" if path.startswith("/v1/files") else "")
        made = replace(route, method="DELETE", path=f"{path}/{answer.json()['id']}?{query}", data=None, files=None)
        assert made.call(url, headers).status_code == 200, "what the test made was not deleted again"
