"""Hooks and guardrails are honoured: what they change of a client's own request goes out, and the rest is the client's own."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.proxy.test_transparency import TAKES_COMPRESSED_BODIES
from tests.support.bare_client import Reply, ask, body_of_claude_code, headers_of_claude_code
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import BASE_PATH, Scene
from tests.support.standin import MODEL, REPLY

TARGET = "/v1/messages?beta=true"
THROUGH = {"messages": (TARGET, "claude"), "pass-through": (f"/anthropic{TARGET}", MODEL)}


@pytest.fixture(scope="module")
def changing(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An operator with hooks and a guardrail that change things, and a cache of answers."""
    folder = tmp_path_factory.mktemp("changing")
    (folder / "changing.py").write_text(Path(__file__).with_name("changing.py").read_text())
    masking = {"guardrail": "changing.Masking", "mode": ["pre_call", "post_call"], "default_on": True}
    config: dict[str, object] = {
        "model_list": stage.models(),
        "router_settings": stage.router_settings(),
        "general_settings": {"master_key": stage.litellm_key},
        "litellm_settings": {"num_retries": 0, "callbacks": ["changing.changer"], "cache": True, "cache_params": {"type": "local"}},
        "guardrails": [{"guardrail_name": "masking", "litellm_params": masking}],
    }
    environment = {
        "ANTHROPIC_API_BASE": stage.anthropic.url + BASE_PATH,
        "ANTHROPIC_API_KEY": stage.operator_key,
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS": stage.anthropic.url,
    }
    with Proxy(config, folder, environment) as running:
        yield running


def _body(model: str, text: str, *, stream: bool = False) -> bytes:
    return body_of_claude_code(model, stream=stream).replace("Grüße, say hello.".encode(), f"{text}: a secret".encode())


def _asked(stage: Scene, proxy: Proxy, way: str, text: str, *, stream: bool = False, token: str = "") -> tuple[Reply, list[Request]]:
    target, model = THROUGH[way]
    headers = [*headers_of_claude_code(token or stage.token()), ("x-litellm-api-key", stage.litellm_key)]
    stage.clear()
    reply = ask(proxy.url, target, headers, _body(model, text, stream=stream))
    return reply, stage.anthropic.requests


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("way", "hook"),
    [("messages", "messages"), ("messages", "deployment"), ("messages", "guarded"), ("pass-through", "messages")],
)
def test_what_a_hook_redacts_goes_out_redacted(stage: Scene, changing: Proxy, way: str, hook: str, stream: bool) -> None:
    """The redacted message goes out, and every other byte of the body is the client's own."""
    _, (sent,) = _asked(stage, changing, way, f"change-{hook}", stream=stream)
    assert sent.body.decode() == _redacted(_body(MODEL, f"change-{hook}", stream=stream).decode())


@pytest.mark.skipif(not TAKES_COMPRESSED_BODIES, reason="this release reads no compressed body")
@pytest.mark.parametrize("way", THROUGH)
def test_what_a_hook_redacts_of_a_compressed_body_goes_out_redacted(stage: Scene, changing: Proxy, way: str) -> None:
    """No secret gets past a hook by being compressed: what goes out is the redacted text, plain."""
    target, model = THROUGH[way]
    headers = [*headers_of_claude_code(stage.token()), ("x-litellm-api-key", stage.litellm_key), ("content-encoding", "gzip")]
    stage.clear()
    ask(changing.url, target, headers, gzip.compress(_body(model, "change-messages, packed")))
    (sent,) = stage.anthropic.requests
    assert sent.body.decode() == _redacted(_body(MODEL, "change-messages, packed").decode())
    assert "content-encoding" not in {name.lower() for name, _ in sent.headers}


@pytest.mark.parametrize(
    ("kind", "coding"), [("application/json", "utf-16"), ("application/x-www-form-urlencoded", "utf-8")], ids=["UTF-16", "a form"]
)
def test_what_hooks_could_not_read_does_not_go_out(stage: Scene, changing: Proxy, kind: str, coding: str) -> None:
    """LiteLLM reads nothing of JSON in UTF-16, and a name of JSON that is called a form: what hooks were not shown so is not sent so."""
    headers = [(name, kind if name == "content-type" else value) for name, value in headers_of_claude_code(stage.token(400))]
    body = _body(MODEL, "change-messages").decode().encode(coding)
    stage.clear()
    ask(changing.url, THROUGH["pass-through"][0], [*headers, ("x-litellm-api-key", stage.litellm_key)], body)
    (sent,) = stage.anthropic.requests
    assert b'"messages":[{"role"' not in sent.body.replace(b"\0", b"")


def _redacted(text: str) -> str:
    """The text with its messages redacted, which are written anew: as LiteLLM's JSON, since a hook has changed them."""
    before, after = text.index('"messages":') + len('"messages":'), text.index(',"system"')
    return text[:before] + json.dumps(json.loads(text[before:after].replace("secret", "[redacted]")), separators=(",", ":")) + text[after:]


def test_what_a_hook_sets_adds_and_takes_away_goes_out(stage: Scene, changing: Proxy) -> None:
    """A user's name, a number within a field, a new field and one less: those, without the hook's notes."""
    _, (sent,) = _asked(stage, changing, "messages", "change-fields")
    expected = json.loads(_body(MODEL, "change-fields"))
    expected["metadata"]["user_id"], expected["thinking"]["budget_tokens"], expected["temperature"] = "somebody", 1024, 0.5
    del expected["output_config"]
    assert json.loads(sent.body) == expected


def test_what_a_hook_changes_at_last_goes_out(stage: Scene, changing: Proxy) -> None:
    """A tool that the last hook ahead of the request rewrites is sent so."""
    _, (sent,) = _asked(stage, changing, "messages", "change-tools")
    expected = json.loads(_body(MODEL, "change-tools"))
    expected["tools"][0]["description"] = "Changed."
    assert json.loads(sent.body) == expected


def test_hooks_that_change_nothing_leave_every_byte(stage: Scene, changing: Proxy) -> None:
    """With all these hooks in place, a request that none of them minds is the client's own, and so is its answer."""
    reply, (sent,) = _asked(stage, changing, "messages", "leave this")
    assert sent.body == _body(MODEL, "leave this")
    assert json.loads(reply.body)["model"] == MODEL


@pytest.mark.parametrize(
    ("hook", "stream"),
    [("answer", False), ("answer", True), ("deployed", False)],
    ids=["of the proxy's", "of the proxy's, streamed", "of the deployment's"],
)
def test_what_a_hook_changes_of_an_answer_reaches_the_client(stage: Scene, changing: Proxy, hook: str, stream: bool) -> None:
    """The changed text, in an answer that is Anthropic's own otherwise."""
    plain, _ = _asked(stage, changing, "messages", f"leave this too, {hook}, {stream}", stream=stream)
    reply, _ = _asked(stage, changing, "messages", f"change-{hook}", stream=stream)
    changed = plain.body.replace(b"Hello", b"Changed") if stream else plain.body.replace(REPLY.encode(), b"Changed.")
    assert (reply.status, _read(reply.body)) == (200, _read(changed))


def _read(body: bytes) -> object:
    """A message as JSON; a stream, whose events a hook may not have to write anew, as it is."""
    return json.loads(body) if body.startswith(b"{") else body


@pytest.mark.parametrize(("what", "sent"), [("blocked", 0), ("kept", 1)])
def test_what_a_guardrail_refuses_is_refused_in_anthropics_shape(stage: Scene, changing: Proxy, what: str, sent: int) -> None:
    """Ahead of the call, nothing is sent; behind it, the answer does not reach the client."""
    reply, requests = _asked(stage, changing, "messages", f"change-{what}")
    said = json.loads(reply.body)
    assert (reply.status, said["type"], said["error"]["type"], len(requests)) == (400, "error", "invalid_request_error", sent)
    assert REPLY.encode() not in reply.body


def test_a_cache_keeps_no_failure_and_no_headers_for_others(stage: Scene, changing: Proxy) -> None:
    """With a cache of answers, one client's failure or headers do not reach another who asks the same."""
    limited, _ = _asked(stage, changing, "messages", "the same", token=stage.token(429))
    first, _ = _asked(stage, changing, "messages", "the same")
    second, _ = _asked(stage, changing, "messages", "the same")
    assert (limited.status, first.status, second.status) == (429, 200, 200)
    numbers = [dict(reply.headers).get("request-id") for reply in (limited, first, second)]
    assert len({number for number in numbers if number is not None}) == len([number for number in numbers if number is not None])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_a_cached_answer_is_for_all_who_may_use_the_model(stage: Scene, changing: Proxy, path: str) -> None:
    """An answer that one client's token earned is given to others who ask the same, whatever token they bring; no-cache asks Anthropic."""
    text = f"Say hello to the cache, on {path}."
    body = {"input": text} if path == "/v1/responses" else {"messages": [{"role": "user", "content": text}], "max_tokens": 16}

    def asked(token: str, **more: object) -> tuple[int, int]:
        headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {token}"}
        stage.clear()
        answer = httpx.post(changing.url + path, json={"model": "claude", **body, **more}, headers=headers, timeout=60)
        return answer.status_code, len(stage.anthropic.requests)

    assert asked(stage.token()) == (200, 1)
    time.sleep(0.5)  # what is cached is written in the background
    refused = stage.token(401)
    assert [asked(stage.token()), asked(refused), asked(refused, cache={"no-cache": True})] == [(200, 0), (200, 0), (401, 1)]
