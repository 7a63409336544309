"""`python -m litellm.llms.anthropic.doctor`: which credential goes where, by name and never by value."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

import litellm

API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
CLAUDE = "anthropic/claude-sonnet-4-5"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_BASE",
        "ANTHROPIC_BASE_URL",
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("api_key", "anthropic_key"):
        monkeypatch.setattr(litellm, name, None)
    monkeypatch.setenv("MADE_UP_KEY", API_KEY)


def _said(folder: Path, deployment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status and the report for a proxy with one deployment, written as JSON, which is YAML."""
    from litellm.llms.anthropic.doctor import main

    config = {
        "model_list": [{"model_name": "claude", "litellm_params": {"model": CLAUDE, **deployment}}],
        "general_settings": {"master_key": f"sk-{secrets.token_urlsafe(24)}"},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    status = main(["--config", str(folder / "config.yaml")])
    said: Any = capsys.readouterr()
    assert API_KEY not in said.out + said.err
    assert config["general_settings"]["master_key"] not in said.out + said.err
    return status, said.out


def test_it_names_the_credential_of_a_deployment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A deployment at Anthropic's own origin: the client's token is sent, and without one the key, by its variable's name."""
    status, said = _said(tmp_path, {"api_key": "os.environ/MADE_UP_KEY"}, capsys)
    assert status == 0
    assert "a client's token: sent" in said and "MADE_UP_KEY" in said


def test_it_finds_a_deployment_that_nothing_can_be_sent_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another origin without a key of its own is an error, with what to set."""
    status, said = _said(tmp_path, {"api_base": "https://gateway.example"}, capsys)
    assert status == 1
    assert "Nothing can be sent to https://gateway.example" in said and "anthropic_oauth_origins" in said
