"""What the benchmark has an environment's own interpreter do: `python -m benchmarks.inside calls|proxy|growth ARGUMENT`.

calls ORIGIN    build headers and make SDK calls against an origin, with a key and with a token; one JSON object for each line it is given
proxy ORIGIN    serve a proxy for it until standard input ends; one JSON object with its address, process and LiteLLM key
growth SIZE     the seconds that each function of the fork's policy takes for SIZE headers, betas or origins; one JSON object
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.credentials import api_key, oauth_token
from tests.support.environment import clean
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL

_BUILDS, _CALLS, _WARM = 200, 5, 2


def main() -> None:
    what, argument = sys.argv[1:]
    clean(os.environ)
    {"calls": _calls, "proxy": _proxy, "growth": _growth}[what](argument)


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


def _calls(origin: str) -> None:
    import litellm

    config = litellm.AnthropicConfig()
    asked: Any = [{"role": "user", "content": "Say hello."}]
    os.environ["LITELLM_ANTHROPIC_OAUTH_ORIGINS"] = origin
    functions: dict[str, tuple[Callable[[], object], int]] = {}
    for name, key in (("key", api_key()), ("token", oauth_token())):

        def build(key: str = key) -> object:
            return config.validate_environment({}, MODEL, asked, {}, {}, api_key=key)

        def call(key: str = key) -> object:
            return litellm.completion(model=f"anthropic/{MODEL}", messages=asked, max_tokens=16, api_key=key, api_base=origin)

        functions |= {f"headers, {name}": (build, _BUILDS), f"call, {name}": (call, _CALLS)}
    for _ in sys.stdin:
        _say({name: _cpu(*each) for name, each in functions.items()})


def _cpu(function: Callable[[], object], times: int) -> float:
    """Seconds of this process's CPU for one call of the function, on average, once it is warm."""
    for _ in range(_WARM):
        function()
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) / times


def _proxy(origin: str) -> None:
    key, operator_key = master_key(), api_key()
    deployment = {"model": f"anthropic/{MODEL}", "api_key": operator_key, "api_base": origin}
    config: dict[str, object] = {
        "model_list": [{"model_name": "claude", "litellm_params": deployment}],
        "general_settings": {"master_key": key},
        "litellm_settings": {"num_retries": 0},
    }
    environment = {"ANTHROPIC_API_BASE": origin, "ANTHROPIC_API_KEY": operator_key, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Proxy(config, Path(folder), environment) as proxy:
        _say({"url": proxy.url, "pid": proxy.pid, "key": key})
        sys.stdin.read()


def _growth(size: str) -> None:
    from litellm.llms.anthropic import oauth
    from litellm.llms.anthropic.oauth_origins import parse_origins

    many, token = int(size), oauth_token()
    headers = {f"x-header-{number}": "a value" for number in range(many)}
    betas = ",".join(f"beta-{number}" for number in range(many))
    origins = ",".join(f"https://host-{number}.example" for number in range(many))
    allowed = parse_origins(origins)

    def scoped() -> object:
        given = {**headers, "authorization": f"Bearer {token}"}
        return oauth.scope_headers(given, provider="anthropic", api_bases=["https://host-0.example"], allowed=allowed)

    functions: dict[str, Callable[[], object]] = {
        "headers: set_anthropic_headers": lambda: oauth.set_anthropic_headers(headers, token),
        "headers: scope_headers": scoped,
        "betas: merge_betas": lambda: oauth.merge_betas(betas),
        "origins: parse_origins": lambda: parse_origins(origins),
    }
    _say({name: min(_cpu(function, 20) for _ in range(25)) for name, function in functions.items()})


if __name__ == "__main__":
    main()
