"""The image that the Dockerfile builds serves the example's configuration, as nobody in particular."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from fork.release import pinned
from tests.support.overrides import overrides_for
from tests.support.proxy_process import master_key

ROOT = Path(__file__).resolve().parent.parent
IMAGE = "litellm-oauth-under-test"


def _docker(*arguments: str, **environment: str) -> str:
    """What docker prints. Raises CalledProcessError if it fails."""
    done = subprocess.run(["docker", *arguments], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return done.stdout.strip()


def _answers() -> bool:
    return shutil.which("docker") is not None and subprocess.run(["docker", "info"], capture_output=True, timeout=30).returncode == 0


@pytest.mark.install
@pytest.mark.skipif(not _answers(), reason="no docker daemon answers here")
def test_the_image_serves_the_example_without_root() -> None:
    """It becomes healthy by its own check, runs under another user than root, and refuses a client without a token."""
    overrides = overrides_for(pinned()[0])
    arguments = [f"--build-arg=OVERRIDES={overrides.relative_to(ROOT)}"] if overrides else []
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
        asked = {"model": "claude-sonnet-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "hi"}]}
        headers = {"x-litellm-api-key": key, "anthropic-version": "2023-06-01"}
        assert httpx.post(url, headers=headers, json=asked, trust_env=False).status_code == 401
    finally:
        _docker("rm", "--force", container)
