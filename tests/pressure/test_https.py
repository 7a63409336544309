"""Over https with a made-up authority: the contract holds as over http, and a certificate of another's is an error without a token."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

import litellm
from tests.pressure.inputs import says
from tests.support.call_paths import CallPath, installed_paths
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, master_key
from tests.support.proxy_scene import wire_headers
from tests.support.standin import MODEL, REPLY, Anthropic

trustme = pytest.importorskip("trustme", reason="trustme is not installed; requirements/observers.txt has it")

# Each client that LiteLLM calls with: httpx and aiohttp, and what each route of Anthropic's is called through.
_PATHS = [
    path
    for path in installed_paths()
    if path.name in ("completion", "acompletion", "acompletion streamed", "anthropic.messages.acreate", "aresponses", "create_file")
]


@dataclass
class Secure:
    """An Anthropic over https, another that proves itself with what a stranger has signed, and the file of the authority to trust."""

    origin: Origin
    impostor: Origin
    authority: str


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    authority, stranger = trustme.CA(), trustme.CA()
    file = str(tmp_path_factory.mktemp("authority") / "authority.pem")
    authority.cert_pem.write_to_path(file)
    with Origin(Anthropic(), tls=_signed_by(authority)) as origin, Origin(Anthropic(), tls=_signed_by(stranger)) as impostor:
        yield Secure(origin, impostor, file)


def _signed_by(authority: Any) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
    return tls


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that makes this process trust a file of certificates alone, and call one base."""

    def trust(file: str, base: str) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        monkeypatch.setenv("ANTHROPIC_API_BASE", base)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", base)
        forget_clients()

    def forget_clients() -> None:
        # Streamed chat is called with one of the module's own, which is made when it is first read.
        for name in ("module_level_aclient", "module_level_client"):
            monkeypatch.delitem(vars(litellm), name, raising=False)
        litellm.in_memory_llm_clients_cache.flush_cache()

    yield trust
    forget_clients()


async def _called(path: CallPath, base: str, token: str) -> Any:
    given: dict[str, Any] = {"extra_headers": {"Authorization": f"Bearer {token}"}, **path.at(base)}
    return await (path.arun(**given) if path.is_async else asyncio.to_thread(path.run, **given))


@pytest.mark.parametrize("path", _PATHS, ids=lambda path: path.name)
async def test_a_call_over_https_sends_what_it_sends_over_http(secure: Secure, trusting: Any, path: CallPath) -> None:
    """With the authority's file in SSL_CERT_FILE, every header of the contract goes out, and none beside those of plain http."""
    token = oauth_token()
    secure.origin.clear()
    with Origin(Anthropic()) as plain:
        for origin in (plain, secure.origin):
            trusting(secure.authority, origin.url)
            await _called(path, origin.url, token)
        (over_http,), (over_https,) = plain.requests, secure.origin.requests
    sent = wire_headers(over_https)
    assert sent == wire_headers(over_http)
    assert sent["authorization"] == f"Bearer {token}" and "x-api-key" not in sent and "oauth-2025-04-20" in sent["anthropic-beta"]


@pytest.mark.parametrize("path", _PATHS, ids=lambda path: path.name)
async def test_a_certificate_nobody_vouches_for_is_an_error_without_a_token(secure: Secure, trusting: Any, path: CallPath) -> None:
    """The caller is told that the certificate was not verified, and neither the error nor its traceback has any of the token."""
    token = oauth_token()
    trusting(secure.authority, secure.impostor.url)
    with pytest.raises(Exception) as raised:
        await _called(path, secure.impostor.url, token)
    told = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert "CERTIFICATE_VERIFY_FAILED" in told
    assert not says(told, token.removeprefix("sk-ant-oat01-"))
    assert secure.impostor.requests == []


@pytest.fixture(scope="module")
def trusting_proxy(secure: Secure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, str]]:
    """With the authority's file in `ssl_verify`, a model at either Anthropic, the pass-through to the one it vouches for; and its key."""
    litellm_key = master_key()
    bases = {"claude": secure.origin.url, "impostor": secure.impostor.url}
    models = [
        {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_key": api_key(), "api_base": base}}
        for name, base in bases.items()
    ]
    config: dict[str, object] = {
        "model_list": models,
        "general_settings": {"master_key": litellm_key},
        "litellm_settings": {"num_retries": 0, "ssl_verify": secure.authority},
    }
    environment = {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": ",".join(bases.values()), "ANTHROPIC_API_BASE": secure.origin.url}
    with Proxy(config, tmp_path_factory.mktemp("proxy"), environment, ("--detailed_debug",)) as proxy:
        yield proxy, litellm_key


@pytest.mark.parametrize(
    ("path", "model"),
    [
        *((path, model) for path in ("/v1/messages", "/v1/chat/completions", "/v1/responses") for model in ("claude", "impostor")),
        ("/anthropic/v1/messages", MODEL),
    ],
)
def test_a_proxy_trusts_whom_it_was_told_to(secure: Secure, trusting_proxy: tuple[Proxy, str], path: str, model: str) -> None:
    """Over https each route is answered, with the token sent once; an impostor is sent nothing, and is an error without a token."""
    (proxy, litellm_key), token, trusted = trusting_proxy, oauth_token(), model != "impostor"
    secure.origin.clear()
    secure.impostor.clear()
    said = {"input": "Say hello."} if path == "/v1/responses" else {"messages": [{"role": "user", "content": "Say hello."}]}
    headers = {"x-litellm-api-key": litellm_key, "authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"}
    body = {"model": model, "max_tokens": 16, **said}
    answer = httpx.post(proxy.url + path, json=body, headers=headers, timeout=60, trust_env=False)
    assert (answer.status_code == 200 and REPLY in answer.text) if trusted else answer.status_code >= 500, answer.text
    sent = [(request.header("authorization"), request.header("x-api-key")) for request in secure.origin.requests]
    assert sent == ([(f"Bearer {token}", None)] if trusted else [])
    assert secure.impostor.requests == []
    assert not says(answer.text, token.removeprefix("sk-ant-oat01-"), litellm_key)
    assert not says(proxy.log(), token.removeprefix("sk-ant-oat01-"))
