"""The clients people have: each gets its answer through the proxy, and its own token arrives at Anthropic."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from tests.proxy.conftest import npm_folder
from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import BASE_PATH, Scene, wire_headers
from tests.support.standin import MODEL, OAUTH_BETA, REPLY

HELLO = [{"role": "user", "content": "Say hello."}]
FILES = ["files-api-2025-04-14"]


@pytest.fixture
def token(stage: Scene) -> Iterator[str]:
    """A client's token: whatever the client did, every request that arrived carries it and no other credential."""
    made = stage.token()
    stage.clear()
    yield made
    sent = [wire_headers(request) for request in stage.anthropic.requests]
    assert sent, "nothing arrived"
    for headers in sent:
        assert headers["authorization"] == f"Bearer {made}" and "x-api-key" not in headers
        assert OAUTH_BETA in headers["anthropic-beta"].split(",")
    assert not stage.third.requests and not stage.other_calls()


def _anthropic(stage: Scene, proxy: Proxy, token: str, path: str = "") -> anthropic.Anthropic:
    return anthropic.Anthropic(
        auth_token=token,
        base_url=proxy.url + path,
        default_headers={"x-litellm-api-key": f"Bearer {stage.litellm_key}"},
        max_retries=0,
    )


def _openai(stage: Scene, proxy: Proxy, token: str) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=token,
        base_url=f"{proxy.url}/v1",
        default_headers={"x-litellm-api-key": f"Bearer {stage.litellm_key}"},
        max_retries=0,
    )


@pytest.mark.parametrize(("path", "model"), [("", "claude"), ("/anthropic", MODEL)], ids=["proxy", "pass-through"])
def test_the_anthropic_client_sends_messages(stage: Scene, proxy: Proxy, token: str, path: str, model: str) -> None:
    """`messages.create`, `messages.stream` and `messages.count_tokens` with `auth_token=` and `default_headers=`."""
    client = _anthropic(stage, proxy, token, path)
    message = client.messages.create(model=model, max_tokens=16, messages=HELLO)  # type: ignore[arg-type]
    assert message.content[0].text == REPLY  # type: ignore[union-attr]
    with client.messages.stream(model=model, max_tokens=16, messages=HELLO) as stream:  # type: ignore[arg-type]
        assert "".join(stream.text_stream) == REPLY
    assert client.messages.count_tokens(model=model, messages=HELLO).input_tokens == 3  # type: ignore[arg-type]


def test_the_anthropic_client_reaches_the_whole_api_behind_the_pass_through(stage: Scene, proxy: Proxy, token: str) -> None:
    """Batches, files, skills and both pages of the models, each read as Anthropic's own types."""
    client = _anthropic(stage, proxy, token, "/anthropic")
    assert client.messages.batches.retrieve("msgbatch_running").processing_status == "in_progress"
    assert [batch.id for batch in client.messages.batches.list()] == ["msgbatch_standin"]
    assert len([model.id for model in client.models.list()]) == 2
    uploaded = client.beta.files.upload(file=("note.txt", b"hello", "text/plain"), betas=FILES)
    assert uploaded.filename == "note.txt"
    assert [file.id for file in client.beta.files.list(betas=FILES)] == [uploaded.id]
    assert client.beta.files.download(uploaded.id, betas=FILES).read() == b"hello"
    assert client.beta.files.delete(uploaded.id, betas=FILES).id == uploaded.id
    assert [skill.id for skill in client.beta.skills.list(betas=["skills-2025-10-02"])] == ["skill_standin"]
    assert all(request.target.startswith(BASE_PATH) for request in stage.anthropic.requests)


def test_the_anthropic_client_understands_the_errors(stage: Scene, proxy: Proxy) -> None:
    """A refused token raises the client's own error classes, on the proxy's routes and on the pass-through."""
    for path, model in (("", "claude"), ("/anthropic", MODEL)):
        with pytest.raises(anthropic.AuthenticationError):
            _anthropic(stage, proxy, stage.token(401), path).messages.create(model=model, max_tokens=16, messages=HELLO)  # type: ignore[arg-type]
        with pytest.raises(anthropic.RateLimitError) as limited:
            _anthropic(stage, proxy, stage.token(429), path).messages.create(model=model, max_tokens=16, messages=HELLO)  # type: ignore[arg-type]
        assert limited.value.response.headers["retry-after"] == str(stage.judge.retry_after)


def test_the_openai_client_chats(stage: Scene, proxy: Proxy, token: str) -> None:
    """Chat completions and responses, streamed and not, with the token as the client's `api_key`."""
    client = _openai(stage, proxy, token)
    answer = client.chat.completions.create(model="claude", messages=HELLO)  # type: ignore[call-overload]
    assert answer.choices[0].message.content == REPLY
    parts = client.chat.completions.create(model="claude", messages=HELLO, stream=True)  # type: ignore[call-overload]
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == REPLY
    assert client.responses.create(model="claude", input="Say hello.").output_text == REPLY
    events = client.responses.create(model="claude", input="Say hello.", stream=True)
    assert REPLY in "".join(getattr(event, "delta", "") for event in events)


def test_the_openai_client_reads_batches(stage: Scene, proxy: Proxy, token: str) -> None:
    """A batch of the client's own, by LiteLLM's `provider` query."""
    client = _openai(stage, proxy, token)
    assert client.batches.retrieve("msgbatch_running", extra_query={"provider": "anthropic"}).id == "msgbatch_running"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(("path", "model"), [("/v1/messages", "claude"), ("/anthropic/v1/messages", MODEL)], ids=["proxy", "pass-through"])
def test_curl(stage: Scene, proxy: Proxy, token: str, path: str, model: str) -> None:
    """The call that the README shows."""
    command = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", proxy.url + path]
    headers = (f"x-litellm-api-key: Bearer {stage.litellm_key}", f"Authorization: Bearer {token}", "anthropic-version: 2023-06-01")
    for header in (*headers, "content-type: application/json"):
        command += ["--header", header]
    body = json.dumps({"model": model, "max_tokens": 16, "messages": HELLO})
    done = subprocess.run([*command, "--data", body], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["content"][0]["text"] == REPLY


NODE_PROGRAM = """
import Anthropic from "@anthropic-ai/sdk";
const [baseURL, authToken, key, model] = process.argv.slice(2);
const client = new Anthropic({ baseURL, authToken, apiKey: null, maxRetries: 0, defaultHeaders: { "x-litellm-api-key": key } });
const asked = { model, max_tokens: 16, messages: [{ role: "user", content: "Say hello." }] };
const message = await client.messages.create(asked);
const streamed = await client.messages.stream(asked).finalText();
const counted = await client.messages.countTokens({ model, messages: asked.messages });
console.log(JSON.stringify([message.content[0].text, streamed, counted.input_tokens]));
"""


@pytest.fixture(scope="module")
def node_program() -> Path:
    """A program with the official npm client beside it, installed once for this machine."""
    folder = npm_folder()
    program = folder / "client.mjs"
    program.write_text(NODE_PROGRAM)
    return program


@pytest.mark.parametrize(("path", "model"), [("", "claude"), ("/anthropic", MODEL)], ids=["proxy", "pass-through"])
def test_the_npm_client(node_program: Path, stage: Scene, proxy: Proxy, token: str, path: str, model: str) -> None:
    """The official client for Node: messages, streamed messages and counted tokens."""
    command = ["node", str(node_program), proxy.url + path, token, stage.litellm_key, model]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == [REPLY, REPLY, 3]
