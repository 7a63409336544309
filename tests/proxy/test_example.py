"""The configuration that the documentation shows."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import COUNT_TOKENS, MODEL_ROUTES
from tests.support.proxy_scene import Scene, wire_headers

EXAMPLE = Path(__file__).parents[2] / "examples" / "proxy_config.yaml"


def test_the_example_serves_clients_with_a_token_and_refuses_the_others(stage: Scene, tmp_path: Path) -> None:
    """With a master key alone it sends each client's token on, by a model's name and by a wildcard, and bills nobody else."""
    config = yaml.safe_load(EXAMPLE.read_text())
    for deployment in config["model_list"]:
        deployment["litellm_params"]["api_base"] = stage.anthropic.url  # not every release takes it from the environment on every route
    environment = {"LITELLM_MASTER_KEY": stage.litellm_key, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": stage.anthropic.url}
    key = {"x-litellm-api-key": f"Bearer {stage.litellm_key}"}
    with Proxy(config, tmp_path, environment) as proxy:
        for route in (*MODEL_ROUTES, COUNT_TOKENS):
            for model in ("claude-sonnet-4-5", "claude-opus-4-5-20251101"):
                headers = {**key, "Authorization": f"Bearer {stage.token()}"}
                assert wire_headers(stage.sent_by(proxy, route, headers, model=model))["authorization"] == headers["Authorization"]
        stage.clear()
        assert MODEL_ROUTES[0].call(proxy.url, key, model="claude-sonnet-4-5").status_code == 401
        assert not stage.anthropic.requests
