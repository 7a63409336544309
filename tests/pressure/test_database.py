"""A proxy with a real Postgres, its virtual keys and teams, and the rows of its spend log: no table holds a credential of a client's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.pressure.inputs import says
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Origin
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, Anthropic

# LiteLLM writes its rows in the background, every second as it is set here.
_PATIENCE = 60
_PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/anthropic/v1/messages")


def _lacking() -> str:
    """What there has to be for LiteLLM to have a database here, the first that is missing; empty if nothing is."""
    if importlib.util.find_spec("prisma") is None or importlib.util.find_spec("prisma.client") is None:
        return "no database client: `prisma generate` makes it with an engine that it downloads, which is on no package index"
    if "TEST_DATABASE_URL" not in os.environ:
        return "no database: TEST_DATABASE_URL has to name an empty one of Postgres's, which the test writes to"
    return "" if shutil.which("pg_dump") else "no pg_dump of Postgres's on the PATH, which reads the tables"


def _tables(url: str) -> str:
    """Every row of every table."""
    return subprocess.run(["pg_dump", "--data-only", "--dbname", url], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.skipif(bool(_lacking()), reason=_lacking())
def test_no_table_holds_a_clients_token(tmp_path: Path) -> None:
    """A client with a virtual key of a team's, answered and refused on each route: its rows are there, and nothing of its token is."""
    url, litellm_key, key = os.environ["TEST_DATABASE_URL"], master_key(), api_key()
    tokens = {oauth_token(): status for status in (200, 401) for _ in _PATHS}
    with Origin(Anthropic(statuses={token: status for token, status in tokens.items() if status != 200})) as origin:
        parameters = {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url}
        config = {
            "model_list": [{"model_name": "claude", "litellm_params": parameters}],
            "general_settings": {"master_key": litellm_key, "store_prompts_in_spend_logs": True, "proxy_batch_write_at": 1},
            "litellm_settings": {"num_retries": 0},
        }
        environment = {"LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin.url, "ANTHROPIC_API_BASE": origin.url, "DATABASE_URL": url}
        # Where the client looks for its engine, whoever's home the proxy has.
        environment["PRISMA_HOME_DIR"] = str(Path.home())
        operator = {"Authorization": f"Bearer {litellm_key}"}
        with Proxy(config, tmp_path, environment) as proxy, httpx.Client(base_url=proxy.url, timeout=60, trust_env=False) as client:
            team = client.post("/team/new", headers=operator, json={"team_alias": "a team of ours"}).raise_for_status().json()
            made = client.post("/key/generate", headers=operator, json={"team_id": team["team_id"]}).raise_for_status().json()
            for number, (token, status) in enumerate(tokens.items()):
                path = _PATHS[number % len(_PATHS)]
                said = f"I am call {number}."
                body: dict[str, object] = {"model": MODEL if path.startswith("/anthropic/") else "claude"}
                body |= {"input": said} if path == "/v1/responses" else {"max_tokens": 16, "messages": [{"role": "user", "content": said}]}
                headers = {"x-litellm-api-key": made["key"], "Authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"}
                assert client.post(path, headers=headers, json=body).status_code == status
            deadline = time.monotonic() + _PATIENCE
            # What of a refused call and of a pass-through is kept differs from one release to the next.
            kept = [f"I am call {number}." for number in range(3)]
            while not all(said in _tables(url) for said in kept) and time.monotonic() < deadline:
                time.sleep(1)
            told = client.get("/spend/logs", headers=operator).raise_for_status().text
        tables = _tables(url)
    assert [said for said in (*kept, "a team of ours") if said not in tables] == []
    assert [token[:12] for token in tokens if says(tables + told, token.removeprefix("sk-ant-oat01-"))] == []
    assert not [secret[:6] for secret in (litellm_key, made["key"]) if says(tables + told, secret)]
