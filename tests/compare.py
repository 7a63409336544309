"""Record what two LiteLLM environments send for the same calls, and compare it whole: method, target, headers, body.

    python -m tests.compare --pristine PYTHON --fork PYTHON

Each PYTHON is the interpreter of an environment with that LiteLLM installed (and aiohttp). The calls are those of the call-path table
with every credential but an OAuth token: an API key from each source, with and without headers of the caller's, and a plain bearer. With
those the fork must send what upstream sends; both are recorded over loopback, and nothing here says what that is. Three things are mended
there: where upstream sends nothing, for want of a credential that ANTHROPIC_AUTH_TOKEN holds, the fork sends that bearer; where upstream
sends a request without any credential, the fork refuses the call; and where upstream calls a missing credential a failed connection or a
wrong value, which would cool a deployment down, the fork calls it what it is.

Exit status: 0 if all is the same, 1 at a difference, 2 if an environment cannot be recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_ROOT = Path(__file__).resolve().parent.parent
_KEY, _BEARER = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"
_CALLERS = {"X-Trace": "abc", "Anthropic-Version": "2023-01-01", "anthropic-beta": "context-1m-2025-08-07,unknown-2020-01-01"}

# name -> (api_key given, environment, the caller's headers)
_SOURCES: Mapping[str, tuple[str | None, Mapping[str, str], Mapping[str, str]]] = {
    "key as api_key": ("{api_key}", {}, {}),
    "key in environment": (None, {_KEY: "{api_key}"}, {}),
    "key and bearer in environment": (None, {_KEY: "{api_key}", _BEARER: "{bearer}"}, {}),
    "bearer in environment": (None, {_BEARER: "{bearer}"}, {}),
    "key as api_key, headers": ("{api_key}", {}, _CALLERS),
    "key as api_key, bearer in headers": ("{api_key}", {}, {"Authorization": "Bearer {bearer}"}),
    "key as api_key, key in headers": ("{api_key}", {}, {"x-api-key": "{bearer}"}),
    "bearer in headers": (None, {}, {"Authorization": "Bearer {bearer}"}),
    "nothing": (None, {}, {}),
}


def record() -> dict[str, list[dict[str, object]]]:
    """What the installed LiteLLM sends: by call path, source and header parameter, its requests in order, credentials by name."""
    from tests.support.call_paths import installed_paths
    from tests.support.credentials import api_key, plain_bearer
    from tests.support.environment import clean
    from tests.support.headers import shown_pairs
    from tests.support.loopback_only import loopback_only
    from tests.support.origin import Origin, Request
    from tests.support.standin import Anthropic

    clean(os.environ)
    paths = installed_paths()
    loop = asyncio.new_event_loop()
    values = {"api_key": api_key(), "bearer": plain_bearer()}
    recorded: dict[str, list[dict[str, object]]] = {}

    def request_shown(request: Request, host: str) -> dict[str, object]:
        headers = shown_pairs(request, {**values, "host": host})
        body = request.body
        boundary = request.header("content-type") or ""
        if "boundary=" in boundary:
            body = body.replace(boundary.partition("boundary=")[2].encode(), b"{boundary}")
        return {"method": request.method, "target": request.target, "headers": headers, "body": body.decode("latin-1")}

    # A streamed synchronous call leaves httpcore's stream in a reference cycle; collected while the next call holds the pool's lock, it
    # deadlocks, upstream as well. So garbage is collected between calls.
    gc.disable()
    with Origin(Anthropic()) as origin, loopback_only() as refused:
        host = urlsplit(origin.url).netloc
        for path in paths:
            for name, key, environment, headers, parameter in _cells(path):
                given: dict[str, Any] = dict(path.at(origin.url))
                if key is not None:
                    given["api_key"] = key.format(**values)
                if parameter is not None:
                    given[parameter] = {header: text.format(**values) for header, text in headers.items()}
                os.environ.update({variable: text.format(**values) for variable, text in environment.items()})
                os.environ["ANTHROPIC_API_BASE"] = origin.url
                origin.clear()
                error = _error_of(path, given, loop)
                gc.collect(1)
                for variable in (_KEY, _BEARER):
                    os.environ.pop(variable, None)
                # What a call answers belongs to what the fork may not change; Anthropic's request id counts up and is no part of that.
                outcome: dict[str, object] = {"error": error}
                recorded[f"{path.name} | {name}"] = [*(request_shown(request, host) for request in origin.requests), outcome]
    if refused:
        raise SystemExit(f"a recorded call tried to reach {', '.join(sorted(set(refused)))}")
    return recorded


def _cells(path: Any) -> Iterator[tuple[str, str | None, Mapping[str, str], Mapping[str, str], str | None]]:
    for name, (key, environment, headers) in _SOURCES.items():
        if path.requires_api_key and key is None:
            continue
        if not headers:
            yield name, key, environment, headers, None
        for parameter in path.header_parameters if headers else ():
            yield f"{name} | {parameter}", key, environment, headers, parameter


def _error_of(path: Any, given: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> str | None:
    """The type of the error the call ends in; None for a call that succeeds."""
    import litellm
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    litellm.utils._model_cache.flush_cache()
    litellm.logging_callback_manager._reset_all_callbacks()

    async def whole() -> None:
        await path.arun(**given)
        for _ in range(3):
            await asyncio.sleep(0)
            await GLOBAL_LOGGING_WORKER.flush()

    try:
        if path.is_async:
            loop.run_until_complete(whole())
        else:
            path.run(**given)
    except Exception as error:
        return type(error).__name__
    return None


def _recorded_by(python: str) -> dict[str, list[dict[str, object]]]:
    """The record of another environment. Raises SystemExit with status 2, saying why, if it cannot be made."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(_ROOT))))}
    # An interpreter's own hash seed orders sets, and upstream writes one into a header.
    environment["PYTHONHASHSEED"] = "0"
    done = subprocess.run([python, "-m", "tests.compare", "--record"], env=environment, capture_output=True, text=True, cwd=_ROOT)
    if done.returncode != 0:
        print(f"cannot record with {python} (exit status {done.returncode}):\n{done.stderr[-2000:]}", file=sys.stderr)
        raise SystemExit(2)
    result: dict[str, list[dict[str, object]]] = json.loads(done.stdout.splitlines()[-1])
    return result


def _is_mended(cell: str, pristine: Any, fork: Any) -> bool:
    """Whether a cell differs in what the fork mends without a token: see above."""
    theirs, ours = ([_credentials(request) for request in record[:-1]] for record in (pristine, fork))
    if not theirs and not ours:
        return pristine[-1]["error"] in ("APIConnectionError", "ValueError") and fork[-1]["error"] == "AuthenticationError"
    if not theirs and " | bearer in environment" in f"{cell} ":
        return pristine[-1]["error"] is not None and ours == [{"authorization": "Bearer {bearer}"}]
    return bool(theirs) and not any(theirs) and fork == [{"error": "AuthenticationError"}]


def _credentials(request: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in request["headers"] if name in ("authorization", "x-api-key")}


def differences(pristine: Mapping[str, Any], fork: Mapping[str, Any]) -> dict[str, list[str]]:
    """What differs, by cell: lines to read, none for a cell that is the same."""
    found: dict[str, list[str]] = {}
    for cell in {**pristine, **fork}:
        one, other = pristine.get(cell), fork.get(cell)
        same = one == other or _is_mended(cell, one, other)
        found[cell] = [] if same else [f"- {json.dumps(one, sort_keys=True)}", f"+ {json.dumps(other, sort_keys=True)}"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pristine", metavar="PYTHON", help="interpreter of the environment with upstream's release")
    parser.add_argument("--fork", metavar="PYTHON", help="interpreter of the environment with the fork")
    parser.add_argument("--record", action="store_true", help="print what this interpreter's own LiteLLM sends, as JSON, and stop")
    options = parser.parse_args()
    if options.record:
        print(json.dumps(record()))
        return 0
    if options.pristine is None or options.fork is None:
        parser.error("--pristine and --fork are both needed")
    print("recording upstream ...", flush=True)
    pristine = _recorded_by(options.pristine)
    print("recording the fork ...", flush=True)
    fork = _recorded_by(options.fork)
    found = differences(pristine, fork)
    for path in dict.fromkeys(cell.partition(" | ")[0] for cell in found):
        cells = {cell: lines for cell, lines in found.items() if cell.partition(" | ")[0] == path}
        different = {cell: lines for cell, lines in cells.items() if lines}
        print(f"{'DIFFERENT' if different else 'same':<10}{path:<42}{len(cells) - len(different)}/{len(cells)}")
        for cell, lines in different.items():
            print(f"    {cell}", *(f"      {line}" for line in lines), sep="\n")
    wrong = sum(bool(lines) for lines in found.values())
    print(f"{len(found)} cells compared, {wrong} different")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
