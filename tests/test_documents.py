"""What README.md and docs/proxy.md tell a reader to type, typed: each fenced block, against a proxy started as `make proxy` does."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.credentials import oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, free_port, master_key
from tests.support.proxy_routes import MODEL_ROUTES
from tests.support.standin import REPLY, Anthropic

ROOT = Path(__file__).resolve().parent.parent
# Blocks that are not run here, by their first line, and why.
NOT_RUN = {
    "git clone https://git.example/litellm-oauth    # the address you got this from": "the address is no real one",
    'pip install ".[proxy]"': "tests/fork/test_real_release.py builds and installs",
    "docker build --tag litellm-oauth .": "tests/test_image.py does, where a daemon answers",
    "make proxy": "it is what the fixture below starts",
    "export LITELLM_MASTER_KEY=sk-$(openssl rand -hex 24)": "the configuration that follows it is served below",
}
pytestmark = pytest.mark.slow
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@dataclass(frozen=True)
class Served:
    """A proxy that `make proxy` started, and the variables that it tells a reader to export."""

    url: str
    exports: Mapping[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`make proxy`, as far as it is not make: the proxy beside a stand-in, and what it prints for the second terminal."""
    port = free_port()
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "demo.proxy", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C ends it."):
                break
        try:
            yield Served(f"http://127.0.0.1:{port}", dict(re.findall(r"^export (\w+)=(\S+)$", "".join(said), re.MULTILINE)))
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()


def _blocks(*documents: str) -> list[tuple[str, str]]:
    """The fenced blocks of documents that a reader is to use: language and text."""
    text = "\n".join((ROOT / name).read_text("utf-8") for name in documents)
    return [(language, block) for language, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


BLOCKS = _blocks("README.md", "docs/proxy.md")


def _those(language: str, holding: str) -> list[str]:
    return [block for each, block in BLOCKS if each == language and holding in block]


CALLS = _those("sh", "curl ")
EXPORTS = _those("sh", "ANTHROPIC_BASE_URL")
LIBRARY = _those("python", "import litellm")
CLIENTS = [*_those("python", "import anthropic"), *_those("python", "import openai")]
DOCTOR = _those("sh", "anthropic.doctor")
MODELS, SETTINGS = _those("yaml", "model_list"), _those("yaml", "anthropic_oauth_origins")


def _shell(served: Served, script: str) -> str:
    """What a shell prints in which a reader has pasted the exports, and then this."""
    environment = {"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", **served.exports}
    script = script.replace("http://127.0.0.1:4000", served.url)
    done = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_is_run_or_has_a_reason_not_to_be() -> None:
    """A block that somebody adds to these documents is tried as well, and a reason that nothing needs any more goes."""
    run = [*CALLS, *EXPORTS, *LIBRARY, *CLIENTS, *MODELS, *SETTINGS, *DOCTOR]
    others = {block.splitlines()[0] for _, block in BLOCKS if block not in run}
    assert others == NOT_RUN.keys()
    assert all((CALLS, EXPORTS, LIBRARY, MODELS, SETTINGS)) and len(CLIENTS) == 2


@needs_curl
@pytest.mark.parametrize("call", CALLS, ids=lambda call: "curl")
def test_the_call_answers(served: Served, call: str) -> None:
    """The exports that `make proxy` prints and the call below them are all that it takes."""
    assert json.loads(_shell(served, call))["content"][0]["text"] == REPLY


@needs_curl
@pytest.mark.parametrize("exports", EXPORTS, ids=lambda exports: "Claude Code")
def test_the_settings_for_claude_code_lead_to_an_answer(served: Served, exports: str) -> None:
    """What Claude Code makes of these variables (a base, a bearer and a header more) is a request that the proxy answers."""
    body = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]})
    sent = '-H "Authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H "$ANTHROPIC_CUSTOM_HEADERS" -H "anthropic-version: 2023-06-01"'
    call = f"curl -sS --fail $ANTHROPIC_BASE_URL/v1/messages {sent} -H 'content-type: application/json' -d '{body}'"
    assert json.loads(_shell(served, exports + call))["content"][0]["text"] == REPLY


@pytest.mark.parametrize("program", CLIENTS, ids=lambda program: program.split()[1])
def test_the_official_clients_get_an_answer(served: Served, program: str) -> None:
    """The clients' programs as they stand, with a token and a LiteLLM key."""
    names: dict[str, Any] = {"token": served.exports["ANTHROPIC_OAUTH_TOKEN"], "litellm_key": served.exports["LITELLM_MASTER_KEY"]}
    exec(program.replace("http://127.0.0.1:4000", served.url), names)
    assert REPLY in names["answer"].model_dump_json()
    names["client"].close()


@pytest.mark.parametrize("program", LIBRARY, ids=lambda program: "litellm")
def test_the_library_gets_an_answer(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """The README's five lines, with a token in the headers and Anthropic on this machine."""
    with Origin(Anthropic()) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        names: dict[str, Any] = {"token": oauth_token()}
        exec(program, names)
    assert names["answer"].choices[0].message.content == REPLY


@pytest.mark.parametrize("models", MODELS, ids=lambda models: "smallest")
def test_the_configuration_serves_who_brings_a_token_and_nobody_else(tmp_path: Path, models: str) -> None:
    """The smallest configuration, with the settings that the page shows further down."""
    config = yaml.safe_load(models) | yaml.safe_load(SETTINGS[0])
    key, token = master_key(), oauth_token()
    with Origin(Anthropic()) as origin:
        config["litellm_settings"]["anthropic_oauth_origins"].append(origin.url)
        with Proxy(config, tmp_path, {"LITELLM_MASTER_KEY": key, "ANTHROPIC_API_BASE": origin.url}) as proxy:
            headers = {"x-litellm-api-key": f"Bearer {key}"}
            route = MODEL_ROUTES[0]
            answer = route.call(proxy.url, {**headers, "Authorization": f"Bearer {token}"}, model="claude-sonnet-4-5")
            assert answer.status_code == 200 and route.answered in answer.text, answer.text
            assert route.call(proxy.url, headers, model="claude-sonnet-4-5").status_code == 401
        assert [request.header("authorization") for request in origin.requests] == [f"Bearer {token}"]


@pytest.mark.parametrize("command", DOCTOR, ids=lambda command: "--config" if "--config" in command else "plain")
def test_the_doctor_finds_nothing_wrong(served: Served, tmp_path: Path, command: str) -> None:
    """The command as it stands, beside the smallest configuration."""
    (tmp_path / "proxy_config.yaml").write_text(MODELS[0])
    python = f'export PATH="{Path(sys.executable).parent}:$PATH" LITELLM_LOCAL_MODEL_COST_MAP=True; cd {tmp_path}; '
    assert _shell(served, python + command).splitlines()[-1] == "Nothing is wrong."


def test_the_command_that_tells_the_version_tells_it() -> None:
    """Who asks whether this is the fork gets the answer that the page says."""
    (command, answer) = re.findall(r"`python -c \"([^\"]+)\"` says `([^`]+)`", (ROOT / "docs" / "troubleshooting.md").read_text("utf-8"))[0]
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == answer == importlib.metadata.version("litellm")
