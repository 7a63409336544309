"""The image that the Dockerfile builds serves the example's configuration, as nobody in particular; with a database, virtual keys too."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import yaml

from fork.release import pinned
from tests.support.overrides import overrides_for
from tests.support.proxy_process import master_key

ROOT = Path(__file__).resolve().parent.parent
IMAGE = "litellm-oauth-under-test"
COMPOSE = ROOT / "examples" / "compose.yaml"
ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]}


def _docker(*arguments: str, **environment: str) -> str:
    """What docker prints. Raises CalledProcessError if it fails."""
    done = subprocess.run(["docker", *arguments], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return done.stdout.strip()


def _answers(*command: str) -> bool:
    return shutil.which("docker") is not None and subprocess.run(["docker", *command], capture_output=True, timeout=30).returncode == 0


def _overrides() -> str:
    """The file that an index without all of the newest release's own dependencies needs, or nothing."""
    overrides = overrides_for(pinned()[0])
    return str(overrides.relative_to(ROOT)) if overrides else ""


def test_the_example_with_a_database_builds_what_the_dockerfile_has_and_holds_no_secret() -> None:
    """The proxy's image is a stage of the Dockerfile, only this machine reaches it, and every secret is asked for, not written down."""
    services = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    build = services["proxy"]["build"]
    assert (COMPOSE.parent / build["context"]).resolve() == ROOT
    assert f" AS {build['target']}\n" in (ROOT / "Dockerfile").read_text("utf-8")
    assert [port.split(":")[0] for service in services.values() for port in service.get("ports", [])] == ["127.0.0.1"]
    secret = {
        name: value for service in services.values() for name, value in service["environment"].items() if "KEY" in name or "PASS" in name
    }
    assert secret and all(re.fullmatch(r"\$\{\w+(:\?[^}]*)?\}", value) for value in secret.values())


@pytest.mark.install
@pytest.mark.skipif(not _answers("info"), reason="no docker daemon answers here")
def test_the_image_serves_the_example_without_root() -> None:
    """It becomes healthy by its own check, runs under another user than root, and refuses a client without a token."""
    arguments = [f"--build-arg=OVERRIDES={_overrides()}"]
    arguments += [f"--build-arg={name}" for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX") if name in os.environ]
    _docker("build", "--network=host", "--tag", IMAGE, *arguments, ".")
    key = master_key()
    container = _docker("run", "--detach", "--publish", "127.0.0.1::4000", "--env", "LITELLM_MASTER_KEY", IMAGE, LITELLM_MASTER_KEY=key)
    try:
        deadline = time.monotonic() + 120
        while (health := _docker("inspect", "--format", "{{.State.Health.Status}}", container)) != "healthy":
            assert health == "starting" and time.monotonic() < deadline, _docker("logs", container)
            time.sleep(1)
        assert _docker("exec", container, "id", "-u") == "10001"
        url = f"http://{_docker('port', container, '4000').splitlines()[0]}/v1/messages"
        headers = {"x-litellm-api-key": key, "anthropic-version": "2023-06-01"}
        assert httpx.post(url, headers=headers, json=ASKED, trust_env=False).status_code == 401
    finally:
        _docker("rm", "--force", container)


@pytest.mark.install
@pytest.mark.skipif(not _answers("info") or not _answers("compose", "version"), reason="no docker daemon with compose answers here")
def test_with_a_database_a_virtual_key_is_known() -> None:
    """Beside Postgres the proxy makes a virtual key, knows it again, and refuses its bearer for want of a token alone."""
    key = master_key()
    environment = {"LITELLM_MASTER_KEY": key, "POSTGRES_PASSWORD": secrets.token_hex(16), "OVERRIDES": _overrides()}
    compose = ("compose", "--file", str(COMPOSE), "--project-name", IMAGE)
    try:
        _docker(*compose, "up", "--build", "--detach", "--wait", **environment)
        with httpx.Client(base_url="http://127.0.0.1:4000", trust_env=False, timeout=60) as client:
            made = client.post("/key/generate", headers={"Authorization": f"Bearer {key}"}, json={}).raise_for_status().json()["key"]
            known, unknown = (
                client.post("/v1/messages", headers={"x-litellm-api-key": each, "anthropic-version": "2023-06-01"}, json=ASKED)
                for each in (made, master_key())
            )
        assert [known.status_code, unknown.status_code] == [401, 401]
        assert "ANTHROPIC_API_KEY" in known.text and "ANTHROPIC_API_KEY" not in unknown.text
    finally:
        _docker(*compose, "down", "--volumes", **environment)
