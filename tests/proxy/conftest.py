"""Proxies for the suite, each started once: a start takes a second, a request milliseconds."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import watching
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import BASE_PATH, NOTHING_LISTENS, Scene, holds, scene

if TYPE_CHECKING:
    from tests.support.proxy_routes import Route

NPM_PACKAGE = "@anthropic-ai/sdk@1"
CUSTOM_KEY_HEADER = "x-operator-key"
_CAPTURE = Path(__file__).with_name("capture.py")
_WATCHING = Path(watching.__file__)


@pytest.fixture(scope="session")
def stage() -> Iterator[Scene]:
    """The origins and keys that all proxies of the session share."""
    with scene() as made:
        yield made


@pytest.fixture(scope="session")
def proxy(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An operator with keys of its own, DEBUG logging and a callback that keeps every payload."""
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "capture.py").write_text(_CAPTURE.read_text())
    config: dict[str, object] = {
        "model_list": stage.models(),
        "router_settings": stage.router_settings(),
        "general_settings": {"master_key": stage.litellm_key},
        "litellm_settings": {"num_retries": 0, "callbacks": ["capture.keeper"]},
        "files_settings": [{"custom_llm_provider": "anthropic", "api_key": stage.operator_key, "api_base": stage.anthropic.url}],
    }
    environment = {
        "ANTHROPIC_API_BASE": stage.anthropic.url + BASE_PATH,
        "ANTHROPIC_API_KEY": stage.operator_key,
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS": stage.anthropic.url,
    }
    with Proxy(config, folder, environment, ("--detailed_debug",)) as running:
        yield running
        spilled = stage.written_by(running.log())
    assert not spilled, f"the whole DEBUG log of the run holds a {spilled}"


@pytest.fixture(scope="session")
def hooked_proxy(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An operator with callbacks, guardrails, pass-throughs and an MCP server of its own, a model of any name, and no patience."""
    folder = tmp_path_factory.mktemp("hooked")
    for module in (Path(__file__).with_name("hooks.py"), _WATCHING):
        (folder / module.name).write_text(module.read_text())
    guardrails = {"texts": "hooks.TextGuardrail", "events": "hooks.EventGuardrail"}
    modes = ["pre_call", "during_call", "post_call", "logging_only"]
    config: dict[str, object] = {
        "model_list": [*stage.models(), *stage.odd_models()],
        "router_settings": {**stage.router_settings(), "allowed_fails": 0, "cooldown_time": 3},
        "general_settings": {
            "master_key": stage.litellm_key,
            "forward_client_headers_to_llm_api": True,
            # Authentication of a pass-through is not free in every release.
            "pass_through_endpoints": stage.pass_through_endpoints(**({} if _pass_through_auth_costs() else {"auth": True})),
        },
        "litellm_settings": {"num_retries": 0, "callbacks": ["hooks.giver", "hooks.watcher"]},
        "files_settings": [{"custom_llm_provider": "anthropic", "api_key": stage.operator_key, "api_base": stage.anthropic.url}],
        "guardrails": [
            {"guardrail_name": name, "litellm_params": {"guardrail": guardrail, "mode": modes, "default_on": True}}
            for name, guardrail in guardrails.items()
        ],
        "mcp_servers": _mcp_servers(stage),
    }
    environment = {
        "ANTHROPIC_API_BASE": stage.anthropic.url + BASE_PATH,
        "ANTHROPIC_API_KEY": stage.operator_key,
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS": f"{stage.anthropic.url},{NOTHING_LISTENS}",
    }
    with Proxy(config, folder, environment) as running:
        yield running


def _mcp_servers(stage: Scene) -> dict[str, object]:
    """A server that is to be sent some of the headers that a client sends."""
    forwarded = ["authorization", "x-api-key", "x-notes"]
    return {"server": {"url": f"{stage.other.url}/mcp", "transport": "http", "extra_headers": forwarded, "allow_all_keys": True}}


def _pass_through_auth_costs() -> bool:
    from litellm.proxy.pass_through_endpoints import pass_through_endpoints

    return "if premium_user is not True" in inspect.getsource(pass_through_endpoints)


@pytest.fixture(scope="session")
def keyless_proxy(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An operator with no key of Anthropic's, a header of its own for LiteLLM keys, and its origins in the configuration file."""
    config: dict[str, object] = {
        "model_list": stage.models(operator_keys=False),
        "router_settings": stage.router_settings(),
        "general_settings": {
            "master_key": stage.litellm_key,
            "litellm_key_header_name": CUSTOM_KEY_HEADER,
            "forward_client_headers_to_llm_api": True,
        },
        "litellm_settings": {"num_retries": 0, "anthropic_oauth_origins": [stage.anthropic.url]},
        "files_settings": [{"custom_llm_provider": "anthropic", "api_base": stage.anthropic.url}],
    }
    environment = {"ANTHROPIC_API_BASE": stage.anthropic.url + BASE_PATH}
    with Proxy(config, tmp_path_factory.mktemp("keyless"), environment) as running:
        yield running


@pytest.fixture(scope="session")
def workers(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Two of gunicorn's workers, authentication of the operator's own with users and teams, and headers forwarded where possible."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "custom_auth.py").write_text(Path(__file__).with_name("custom_auth.py").read_text())
    config: dict[str, object] = {
        "model_list": stage.models(),
        "router_settings": stage.router_settings(),
        "general_settings": {
            "master_key": stage.litellm_key,
            "custom_auth": "custom_auth.authenticate",
            "forward_llm_provider_auth_headers": True,
        },
        "litellm_settings": {
            "num_retries": 0,
            "anthropic_oauth_origins": [stage.anthropic.url],
            "model_group_settings": {"forward_client_headers_to_llm_api": ["claude", "anthropic/*"]},
        },
        "files_settings": [{"custom_llm_provider": "anthropic", "api_key": stage.operator_key, "api_base": stage.anthropic.url}],
        "mcp_servers": _mcp_servers(stage),
    }
    environment = {"ANTHROPIC_API_BASE": stage.anthropic.url + BASE_PATH, "ANTHROPIC_API_KEY": stage.operator_key}
    with Proxy(config, folder, environment, ("--run_gunicorn", "--num_workers", "2")) as running:
        yield running


@pytest.fixture(scope="session")
def control(stage: Scene, proxy: Proxy) -> Callable[[Route], Request]:
    """What each route sends for a client without a token, the operator's key included; each is asked once."""
    from tests.support.proxy_routes import KEYED_ROUTES, usual_count

    known: dict[str, Request] = {}

    def asked(route: Route) -> Request:
        if route not in KEYED_ROUTES:
            return usual_count(stage.operator_key)
        if route.name not in known:
            known[route.name] = stage.sent_by(proxy, route, {"x-litellm-api-key": stage.litellm_key})
        return known[route.name]

    return asked


@pytest.fixture(autouse=True)
def no_litellm_key_leaves(stage: Scene) -> Iterator[None]:
    """Whatever a test does, no request to any origin holds the LiteLLM key."""
    seen = len(stage.arrived)
    yield
    arrived = [request for _, request in stage.arrived[seen:]]
    leaked = [(request.method, request.path) for request in arrived if any(holds(request, key) for key in stage.litellm_keys)]
    assert not leaked, "the LiteLLM key left"


def npm_folder() -> Path:
    """A folder of this user's cache with the npm package `@anthropic-ai/sdk` installed in it. Skips the test where that cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "litellm-oauth-tests" / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / "@anthropic-ai" / "sdk").exists():
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), NPM_PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm could not install {NPM_PACKAGE}: {done.stderr[-300:]}")
    return folder
