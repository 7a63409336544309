"""What pristine upstream sends on each call path beside the credential: facts, measured once a release and kept in `upstream/`.

`python -m tests.wire.upstream`, with a pristine LiteLLM installed, measures them again and rewrites that release's file.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import respx

from tests.support.call_paths import CallPath, installed_paths
from tests.support.credentials import api_key, plain_bearer
from tests.support.environment import clean
from tests.support.headers import shown
from tests.support.origin import Origin, Request
from tests.support.standin import Anthropic
from tests.wire.conftest import Wire

_FOLDER = Path(__file__).parent / "upstream"


@dataclass(frozen=True)
class Sent:
    """The headers without a credential (see tests.support.headers.shown), and whether ANTHROPIC_AUTH_TOKEN goes out as a plain bearer."""

    headers: Mapping[str, str]
    plain_bearer: bool


def installed_release() -> str:
    """The upstream release that is installed, without the fork's local version part."""
    from importlib.metadata import version

    return version("litellm").partition("+")[0]


def sent_by_upstream() -> dict[str, Sent]:
    """What the installed release's pristine form sends, by call path. Raises FileNotFoundError where nobody has measured that release."""
    groups = json.loads((_FOLDER / f"{installed_release()}.json").read_text("utf-8"))
    return {path: Sent(group["headers"], group["plain_bearer"]) for group in groups for path in group["paths"]}


def _measured(path: CallPath, origin: Origin) -> Sent:
    key, bearer = api_key(), plain_bearer()
    headers = _headers(path, origin, "api_key", key)
    if headers is None or headers.pop("x-api-key", None) != "{api_key}":
        raise AssertionError(f"{path.name} does not send an API key as x-api-key")
    os.environ["ANTHROPIC_AUTH_TOKEN"] = bearer
    try:
        with_bearer = None if path.requires_api_key else _headers(path, origin, "bearer", bearer)
    finally:
        del os.environ["ANTHROPIC_AUTH_TOKEN"]
    return Sent(headers, with_bearer == {**headers, "authorization": "Bearer {bearer}"})


def _headers(path: CallPath, origin: Origin, kind: str, credential: str) -> dict[str, str] | None:
    """The headers of the path's first request; None if it makes none."""
    given = {"api_key": credential} if kind == "api_key" else {}
    given.update(path.at(origin.url))
    requests = _made(path, origin, given)
    if not requests:
        # Some releases count tokens at Anthropic alone, whatever base is set.
        with respx.mock(using="httpx", assert_all_called=False) as router:
            wire = Wire(Anthropic(), plain_bearer())
            router.route(host="api.anthropic.com", scheme="https").mock(side_effect=wire.mocked)
            _made(path, origin, given)
        requests = wire.requests
    names = {kind: credential, "host": (requests[0].header("host") or "") if requests else ""}
    return shown(requests[0], names) if requests else None


def _made(path: CallPath, origin: Origin, given: Mapping[str, str]) -> list[Request]:
    """The requests for the path's target that arrive at an origin."""
    origin.clear()
    try:
        asyncio.run(path.arun(**given)) if path.is_async else path.run(**given)
    except Exception as error:
        print(f"{path.name}: {type(error).__name__}")
    return [request for request in origin.requests if (request.method, request.path) == (path.method, path.target)]


def main() -> None:
    clean(os.environ)
    with Origin(Anthropic()) as origin:
        os.environ["ANTHROPIC_API_BASE"] = origin.url
        sent = {path.name: _measured(path, origin) for path in installed_paths()}
    groups: dict[str, dict[str, object]] = {}
    for name, facts in sent.items():
        key = json.dumps([facts.headers, facts.plain_bearer], sort_keys=True)
        group = groups.setdefault(key, {"headers": facts.headers, "plain_bearer": facts.plain_bearer, "paths": []})
        group["paths"].append(name)  # type: ignore[attr-defined]
    target = _FOLDER / f"{installed_release()}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(list(groups.values()), indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{target}: {len(sent)} call paths in {len(groups)} groups")


if __name__ == "__main__":
    main()
