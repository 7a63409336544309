"""The doctor says what LiteLLM does, names credentials without showing one, and says of what is wrong where, why and what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import litellm
from litellm.llms.anthropic.doctor import main
from tests.support.credentials import api_key, oauth_token, plain_bearer
from tests.support.origin import Origin
from tests.support.proxy_process import master_key
from tests.support.standin import MODEL, Anthropic

CLAUDE = f"anthropic/{MODEL}"


def _config(folder: Path, models: list[dict[str, Any]], **sections: object) -> Path:
    """A configuration, as JSON with a line a part: JSON is YAML."""
    listed = [{"model_name": f"model-{number}", "litellm_params": parameters} for number, parameters in enumerate(models)]
    path = folder / "proxy.yaml"
    path.write_text(json.dumps({"model_list": listed, "general_settings": {"master_key": master_key()}, **sections}, indent=1))
    return path


def _told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> dict[str, Any]:
    """The doctor's report for programs."""
    assert main([*arguments, "--json"]) == status
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def _findings(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Level and text of each finding, but for what an old release has to say of itself."""
    return [(each["level"], each["says"]) for each in told["findings"] if not each["says"].startswith("This release has no redaction")]


def test_what_it_says_of_a_deployment_is_what_a_call_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calls with a client's token and without one, to every deployment: the credential that arrives is the one that was named."""
    token, own, configured, of_environment = oauth_token(), api_key(), oauth_token(), api_key()
    with Origin(Anthropic()) as listed, Origin(Anthropic()) as unlisted:
        models: list[dict[str, Any]] = [
            {"model": CLAUDE, "api_base": listed.url, "api_key": "os.environ/A_KEY"},
            {"model": CLAUDE, "api_base": listed.url, "api_key": configured},
            {"model": CLAUDE, "api_base": unlisted.url, "api_key": own},
            {"model": CLAUDE, "api_base": unlisted.url},
        ]
        monkeypatch.setenv("A_KEY", own)
        monkeypatch.setenv("ANTHROPIC_API_KEY", of_environment)
        monkeypatch.setattr(litellm, "anthropic_oauth_origins", [listed.url], raising=False)
        settings = {"anthropic_oauth_origins": [listed.url]}
        told = _told(capsys, "--config", str(_config(tmp_path, models, litellm_settings=settings)), status=0)
        names = {
            own: ("A_KEY (an API key)", "its api_key (an API key)"),
            configured: ("its api_key (an OAuth token)",),
            of_environment: ("ANTHROPIC_API_KEY (an API key)",),
        }
        for parameters, said in zip(models, told["deployments"], strict=False):
            key = own if parameters.get("api_key") == "os.environ/A_KEY" else parameters.get("api_key")
            for headers in ({"Authorization": f"Bearer {token}"}, {}):
                arrived = _credential(parameters, key, headers, listed, unlisted)
                assert arrived == token if headers and said["takes_clients_token"] else said["own"] in names[arrived]
    assert [said["takes_clients_token"] for said in told["deployments"]] == [True, True, False, False, True]


def _credential(parameters: dict[str, Any], key: str | None, headers: dict[str, str], *origins: Origin) -> str:
    """The one credential that a call to a deployment sends."""
    for origin in origins:
        origin.clear()
    litellm.completion(
        **{**parameters, "api_key": key}, messages=[{"role": "user", "content": "hi"}], max_tokens=1, extra_headers=headers, num_retries=0
    )
    (request,) = (request for origin in origins for request in origin.requests)
    bearer = (request.header("authorization") or "").removeprefix("Bearer ")
    assert not (bearer and request.header("x-api-key"))
    return bearer or request.header("x-api-key") or ""


def test_it_shows_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever one stands, also where none belongs, neither report has it."""
    secret = plain_bearer()
    secrets = [oauth_token(), api_key(), oauth_token(), master_key(), secret, "a-password", api_key().replace("api03", "admin01")]
    models: list[dict[str, Any]] = [
        {"model": CLAUDE, "api_key": secrets[0]},
        {"model": CLAUDE, "api_key": secrets[2][:20] + "\n" + secrets[2][20:]},
        {"model": CLAUDE, "api_key": f"os.environ/{secrets[1]}"},
        {"model": CLAUDE, "api_base": f"https://me:{secrets[5]}@gateway.example", "api_key": secret},
        {"model": CLAUDE, "litellm_credential_name": "shared"},
        {"model": "openai/gpt-4o", "api_key": secrets[0]},
    ]
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", secrets[2])
    config = _config(
        tmp_path,
        models,
        general_settings={"master_key": secrets[3]},
        credential_list=[{"credential_name": "shared", "credential_values": {"api_key": secrets[6]}}],
        litellm_settings={"anthropic_oauth_origins": [secrets[0], f"https://me:{secrets[5]}@gateway.example"]},
    )
    for form in ((), ("--json",)):
        assert main(["--config", str(config), *form]) == 1
        said = capsys.readouterr()
        assert [each for each in (*secrets, secrets[2][:20], secrets[2][20:]) if each in said.out + said.err] == []
        assert "a malformed OAuth token" in said.out and "an admin key" in said.out


@pytest.mark.parametrize(
    ("text", "line", "says", "remedy"),
    [
        ("model_list:\n  - model_name: a\n", 2, "has no `litellm_params` with a `model`", "litellm_params: {model: anthropic/...}"),
        (
            "model_list:\n  - litellm_params:\n      model: no-such-thing\n",
            3,
            "no provider of the model 'no-such-thing'",
            "anthropic/no-such",
        ),
        (
            "model_list: []\nlitellm_settings:\n  anthropic_oauth_origins:\n    - gateway.example/v1\n",
            3,
            "'gateway.example/v1' in LITELLM_ANTHROPIC_OAUTH_ORIGINS is not an origin",
            "Mend the entry",
        ),
        (
            "general_settings:\n  anthropic_oauth_origins: []\n",
            2,
            "is not read here",
            "Move it to `litellm_settings: anthropic_oauth_origins`",
        ),
        (
            "model_list:\n  - litellm_params:\n      model: anthropic/a\n      api_base: https://third.example\n",
            2,
            "Nothing can be sent to https://third.example",
            "Set an `api_key`; or",
        ),
        (
            "model_list:\n  - litellm_params:\n      model: anthropic/a\n      api_base: ftp://third.example\n",
            4,
            "is no http(s) URL",
            "https://host[:port]/path",
        ),
    ],
)
def test_what_is_wrong_is_told_with_line_reason_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, says: str, remedy: str
) -> None:
    """A configuration that cannot work is an error of this status, at the line to look at."""
    path = tmp_path / "proxy.yaml"
    path.write_text(text)
    (finding,) = (each for each in _told(capsys, "--config", str(path), status=1)["findings"] if each["level"] == "error")
    assert finding["where"] == f"{path}:{line}"
    assert says in finding["says"] and remedy in finding["remedy"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n  - b\n c: d\n", ":3 is not YAML"),
        ("- a list\n", ":1 holds no settings"),
        ("", ":1 holds no settings"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str) -> None:
    """The status says that nothing was looked at, and the message why."""
    path = tmp_path / "proxy.yaml"
    if text is not None:
        path.write_text(text)
    assert main(["--config", str(path)]) == 2
    assert f"{path}{words}" in capsys.readouterr().err.replace(f"{path} ", f"{path}")


def test_what_weakens_a_setup_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What works, and is not what an operator may want, is told and leaves the status at 0."""
    models: list[dict[str, Any]] = [
        {"model": CLAUDE, "api_key": api_key(), "configurable_clientside_auth_params": ["api_base"]},
        {"model": "openai/gpt-4o", "api_key": oauth_token()},
        {"model": "claude-*", "api_key": "os.environ/NOT_SET"},
    ]
    monkeypatch.setenv("LITELLM_DISABLE_REDACT_SECRETS", "true")
    told = _told(capsys, "--config", str(_config(tmp_path, models, general_settings={}, include=["other.yaml"])), status=0)
    expected = [
        "The files that `include` names are not looked at.",
        "There is no LiteLLM key: whoever reaches the proxy may use the deployments' credentials.",
        "A client may choose the `api_base`, and this deployment's own key goes wherever it says.",
        "An Anthropic OAuth token is configured for openai, and goes there.",
        "NOT_SET is not set in this environment. (A secret manager that the proxy is configured with may have it.)",
    ]
    if importlib.util.find_spec("litellm.litellm_core_utils.secret_redaction") is not None:
        off = "Redaction is off: LiteLLM may write API keys and LiteLLM keys into its log. Tokens are masked all the same."
        expected.insert(0, off)
    assert _findings(told) == [("warning", says) for says in expected]


@pytest.mark.parametrize(
    ("file", "level", "says"), [("utils.py", "error", "what was installed last"), ("new.py", "warning", "in LiteLLM's package")]
)
def test_files_of_another_distribution_in_litellm_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str, level: str, says: str
) -> None:
    """A distribution that lists files under `litellm/` is named: an error where LiteLLM has them too, or else a warning."""
    information, package = tmp_path / "litellm_proxy-1.dist-info", tmp_path / "litellm"
    information.mkdir()
    package.mkdir()
    (package / file).touch()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: litellm-proxy\nVersion: 1\n")
    (information / "RECORD").write_text(f"litellm/{file},,\nlitellm_proxy/main.py,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = _told(capsys, status=1 if level == "error" else 0)
    (found,) = (each for each in told["findings"] if each["where"] == "litellm-proxy")
    assert found["level"] == level and says in found["says"] and f"(1, litellm/{file} among them)" in found["says"]


def test_a_live_look_counts_tokens_at_each_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One count each, with its own credential or the client's token, which goes nowhere else; what is refused is an error."""
    token, own, refused = oauth_token(), api_key(), api_key()
    judge = Anthropic(statuses={refused: 403})
    with Origin(judge) as listed, Origin(judge) as unlisted:
        models: list[dict[str, Any]] = [
            {"model": CLAUDE, "api_base": listed.url},
            {"model": CLAUDE, "api_base": unlisted.url, "api_key": own},
            {"model": CLAUDE, "api_base": unlisted.url, "api_key": refused},
            {"model": "openai/gpt-4o", "api_base": unlisted.url, "api_key": own},
        ]
        monkeypatch.setenv("ANTHROPIC_OAUTH_TOKEN", token)
        # The pass-through's own base: nothing is to leave this machine.
        monkeypatch.setenv("ANTHROPIC_API_BASE", listed.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", listed.url)
        told = _told(capsys, "--live", "--config", str(_config(tmp_path, models)), status=1)
    assert [*told["token_counts"].values()] == ["counted", "counted", "failed", "not tried: it counts no tokens", "counted"]
    assert {request.path for request in (*listed.requests, *unlisted.requests)} == {"/v1/messages/count_tokens"}
    assert [request.header("authorization") for request in listed.requests] == [f"Bearer {token}"] * 2
    assert {request.header("x-api-key") for request in unlisted.requests} == {own, refused}
    (error,) = (each for each in told["findings"] if each["level"] == "error")
    assert error["says"].startswith("model-2 counts no tokens: ") and refused not in json.dumps(told)


@pytest.mark.slow
def test_the_command_says_which_release_this_is() -> None:
    """`python -m litellm.llms.anthropic.doctor`, as the documents write it, in a process of its own."""
    command = [sys.executable, "-m", "litellm.llms.anthropic.doctor"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith(f"LiteLLM {importlib.metadata.version('litellm')}, Python 3.") and "+oauth." in lines[0]
    assert "  https://api.anthropic.com (Anthropic's own)" in lines and lines[-1] == "Nothing is wrong."
