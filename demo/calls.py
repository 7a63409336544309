"""Make the demo's calls with the LiteLLM of this interpreter's environment: `python -m demo.calls --kind SDK`.

Standard output has one JSON object a line: `{"progress": text}` or `{"cell": {...}}`; whatever LiteLLM prints goes to standard error.
Tokens and keys are made here and known to nobody; only their names are written out.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO

import anthropic
import httpx

import litellm
from demo.cells import CONFIGURED_KEY, NOTHING, RIGHT, Cell, Exchange, masked
from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER
from tests.support.call_paths import CallPath, installed_paths
from tests.support.credentials import api_key, oauth_token
from tests.support.environment import clean
from tests.support.loopback_only import loopback_only
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import PASS_THROUGH_FILES, ROUTES
from tests.support.proxy_scene import holds, scene
from tests.support.standin import MODEL, OAUTH_BETA, Anthropic

_HEADER: Final = {"Authorization": "Bearer {token}"}
# name -> (api_key given, environment, the caller's headers); the later, the easier got wrong
_SOURCES: Final[Mapping[str, tuple[str | None, Mapping[str, str], Mapping[str, str]]]] = {
    "api_key": ("{token}", {}, {}),
    "ANTHROPIC_AUTH_TOKEN": (None, {"ANTHROPIC_AUTH_TOKEN": "{token}"}, {}),
    "extra_headers": (None, {}, _HEADER),
    "extra_headers, a key configured": (None, {"ANTHROPIC_API_KEY": "{key}"}, _HEADER),
}
_LENGTH: Final = 1500
_CUT_OFF: Final = "the proxy breaks the connection off"
_KEY_HEADERS: Final = ("x-litellm-api-key", "x-api-key")
# They would leave something in the account that the token belongs to.
_NOT_ON_A_REAL_ACCOUNT: Final = ("create_batch", "create_file", "create_skill")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.calls", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=_KINDS, required=True, nargs="+")
    parser.add_argument("--once", action="store_true", help="make each call once: of its sources, with the one that is easiest got wrong")
    options = parser.parse_args()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    clean(os.environ)
    for kind in options.kind:
        _KINDS[kind](out, options.once)


def sent(request: Request, token: str, key: str, litellm_key: str | None = None) -> str:
    """Which credentials a request carries, by name: never a value."""
    names = {token: "token", key: CONFIGURED_KEY}
    parts = []
    authorization = request.header("authorization")
    if authorization is not None:
        parts.append("Bearer " + names.get(authorization.removeprefix("Bearer "), "of another kind"))
    if (value := request.header("x-api-key")) is not None:
        parts.append("x-api-key: " + names.get(value, "of another kind"))
    if parts == ["Bearer token"]:
        betas = (request.header("anthropic-beta") or "").replace(" ", "").split(",")
        parts = [RIGHT] if betas.count(OAUTH_BETA) == 1 else ["Bearer token, no beta"]
    if litellm_key is not None and holds(request, litellm_key):
        parts.append("the LiteLLM key")
    return " and ".join(parts) or "no credential"


@dataclass(frozen=True)
class _Failure:
    """What a call ended in: in a few words for the table, and as its caller was told."""

    kind: str
    told: str = ""


@dataclass(frozen=True)
class _Credentials:
    """The secrets of one call."""

    token: str
    key: str
    litellm_key: str | None = None

    @property
    def names(self) -> dict[str, str]:
        return {self.token: "token", self.key: CONFIGURED_KEY, **({self.litellm_key: "LiteLLM key"} if self.litellm_key else {})}


def _outcome(requests: Sequence[Request], judge: Anthropic, secrets: _Credentials, failure: _Failure | None) -> dict[str, Any]:
    """What a cell says of a call: what went out and the answer; of several requests each kind once. `failure` is the call's own, if any."""
    told = _shown(failure.told, secrets.names) if failure else ""
    if not requests:
        return {"sent": NOTHING, "answer": failure.kind if failure else "no error is raised", "came_back": told}
    answers, exchanges = [], []
    for request in requests:
        answer = judge(request)
        body = answer.body if isinstance(answer.body, bytes) else b""
        answers.append("200" if answer.status == 200 else f"{answer.status} {json.loads(body)['error']['message']}")
        exchanges.append(Exchange(_as_text(request, secrets.names), _answer_text(answer, secrets.names)))
    if failure is not None and set(answers) == {"200"}:
        answers.append(failure.kind)
    named = [sent(request, secrets.token, secrets.key, secrets.litellm_key) for request in requests]
    return {
        "sent": " / ".join(dict.fromkeys(named)),
        "answer": " / ".join(dict.fromkeys(answers)),
        "exchanges": tuple(exchanges),
        "came_back": told,
    }


def _as_text(request: Request, names: Mapping[str, str]) -> str:
    lines = [f"{request.method} {request.target}", *(f"{name}: {value}" for name, value in request.headers), ""]
    return _shown("\n".join([*lines, request.body.decode("utf-8", "replace")]), names)


def _answer_text(answer: Answer, names: Mapping[str, str]) -> str:
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    lines = [str(answer.status), *(f"{name}: {value}" for name, value in answer.headers.items()), ""]
    return _shown("\n".join([*lines, body.decode("utf-8", "replace")]), names)


def _shown(text: str, names: Mapping[str, str]) -> str:
    """A text for people to read: credentials masked, and cut where it gets long."""
    text = masked(text, names)
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]} ... ({len(text) - _LENGTH} more characters)"


def _sdk(out: TextIO, once: bool) -> None:
    """Every SDK call path with a token from every source, or from the last that applies, against the stand-in."""
    judge = Anthropic()
    loop = asyncio.new_event_loop()
    with loopback_only(), Origin(judge) as origin:
        os.environ.update(ANTHROPIC_API_BASE=origin.url, LITELLM_ANTHROPIC_OAUTH_ORIGINS=origin.url)
        by_path = {path.name: [(path, source) for source in _SOURCES if _applies(path, source)] for path in installed_paths()}
        calls = [call for of_path in by_path.values() for call in of_path[-1 if once else 0 :]]
        for number, (path, source) in enumerate(calls):
            _say(out, "SDK calls", number, len(calls))
            token, key = oauth_token(), api_key()
            origin.clear()
            failure = _sdk_failure(path, source, {"token": token, "key": key}, loop)
            how = _outcome(origin.requests, judge, _Credentials(token, key), failure)
            _tell(out, Cell("SDK", family_of(path), path.name, source, **how))


def _applies(path: CallPath, source: str) -> bool:
    key, _, headers = _SOURCES[source]
    return (key is not None or not path.requires_api_key) and (not headers or "extra_headers" in path.header_parameters)


def family_of(path: CallPath) -> str:
    """What the variants of a path have in common: its function without the marks of the Router and of `a` for asynchronous."""
    before, dot, last = path.function.removeprefix("Router.").rpartition(".")
    prefix = path.name.partition(path.function)[0]
    return prefix + before + dot + (last.removeprefix("a") if path.is_async else last)


def _sdk_failure(path: CallPath, source: str, values: Mapping[str, str], loop: asyncio.AbstractEventLoop) -> _Failure | None:
    """Make the call with the source's token; what it ends in, None if it succeeds."""
    key, environment, headers = _SOURCES[source]
    given: dict[str, Any] = {} if key is None else {"api_key": key.format(**values)}
    if headers:
        given["extra_headers"] = {name: text.format(**values) for name, text in headers.items()}
    if path.target == "/v1/messages" and path.takes_api_base:
        # LiteLLM 1.81 does not read ANTHROPIC_API_BASE on all of these.
        given["api_base"] = os.environ["ANTHROPIC_API_BASE"]
    os.environ.update({name: text.format(**values) for name, text in environment.items()})
    try:
        result = _result(path, given, loop)
    except Exception as error:
        return _Failure(f"LiteLLM raises {type(error).__name__}", str(error))
    finally:
        for name in environment:
            del os.environ[name]
    return None if path.reached_anthropic(result) else _Failure("LiteLLM has no answer", repr(result))


def _result(path: CallPath, given: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> Any:
    """Make the call, and wait for what LiteLLM does about it in the background."""
    # Model lists are kept by their parameters, and so are the callbacks of every Router.
    litellm.utils._model_cache.flush_cache()
    litellm.logging_callback_manager._reset_all_callbacks()

    async def whole() -> Any:
        result = await path.arun(**given)
        await asyncio.sleep(0)
        # A synchronous call before may still log in a thread with a loop of its own, and takes the worker along.
        if GLOBAL_LOGGING_WORKER._bound_loop is asyncio.get_running_loop():
            await GLOBAL_LOGGING_WORKER.flush()
        return result

    if path.is_async:
        return loop.run_until_complete(whole())
    result = path.run(**given)
    if path.streamed:
        # LiteLLM leaves the end of a stream unread, in a reference cycle. Collected during a later call, while httpcore holds the lock of
        # its connection pool, the stream would wait for that lock to close itself, forever. Freezing keeps the next collection short.
        gc.collect()
        gc.freeze()
    return result


def _proxy(out: TextIO, once: bool) -> None:
    """Every route of a proxy process whose operator has a key of its own, as clients with a token call it."""
    with scene() as stage, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = [{"custom_llm_provider": "anthropic", "api_key": stage.operator_key, "api_base": stage.anthropic.url}]
        config: dict[str, object] = {
            "model_list": stage.models(),
            "router_settings": {"disable_cooldowns": True},
            "general_settings": {"master_key": stage.litellm_key},
            "litellm_settings": {"num_retries": 0},
            "files_settings": files,
        }
        origin = stage.anthropic.url
        environment = {
            "ANTHROPIC_API_BASE": origin,
            "ANTHROPIC_API_KEY": stage.operator_key,
            "LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin,
        }
        out.write(json.dumps({"progress": "starting the proxy"}) + "\n")
        with Proxy(config, Path(folder), environment) as proxy:
            calls = [*_route_calls(_KEY_HEADERS[:1] if once else _KEY_HEADERS), *_client_calls()]
            for number, (family, path, source, call) in enumerate(calls):
                _say(out, "proxy calls", number, len(calls))
                token = stage.token()
                stage.clear()
                failure = call(proxy.url, token, stage.litellm_key)
                if failure is not None and failure.kind.startswith(_CUT_OFF):
                    failure = _restarted(proxy) or failure
                requests = [*stage.anthropic.requests, *stage.third.requests, *stage.other_calls()]
                how = _outcome(requests, stage.judge, _Credentials(token, stage.operator_key, stage.litellm_key), failure)
                _tell(out, Cell("proxy", family, path, source, **how))


def _restarted(proxy: Proxy) -> _Failure | None:
    """Start a proxy again that its guard ended as it tried to leave this machine, and return the guard's words; None if it still runs."""
    time.sleep(0.5)
    if proxy.status is None:
        return None
    said = [line for line in proxy.log().splitlines() if line.startswith("the proxy tried to reach")]
    if not said or not proxy.start():
        raise RuntimeError(f"the proxy ended with status {proxy.status}; its log:\n{proxy.log()[-4000:]}")
    return _Failure(said[-1])


_Call = Callable[[str, str, str], "_Failure | None"]


def _route_calls(key_headers: Sequence[str]) -> Iterator[tuple[str, str, str, _Call]]:
    """Each route once for each header that holds the LiteLLM key; the token is in `Authorization`."""
    for route in (*ROUTES, *PASS_THROUGH_FILES):
        for header in key_headers:

            def call(url: str, token: str, key: str, route: Any = route, header: str = header) -> _Failure | None:
                try:
                    answer = route.call(url, {header: key, "Authorization": f"Bearer {token}"})
                except httpx.TransportError as error:
                    return _Failure(f"{_CUT_OFF} ({type(error).__name__})")
                if answer.status_code != 200:
                    return _Failure(f"the proxy answers {answer.status_code}", answer.text)
                return None if route.answered in answer.text else _Failure("the proxy answers in another shape", answer.text)

            yield route.name.removesuffix(" streamed"), route.name, f"Authorization, LiteLLM key in {header}", call


def _client_calls() -> Iterator[tuple[str, str, str, _Call]]:
    """The official client, pointed at the proxy and at its pass-through."""
    asked: dict[str, Any] = {"model": "claude", "messages": [{"role": "user", "content": "Say hello."}]}
    native = {**asked, "model": MODEL}

    def streamed(client: anthropic.Anthropic, **asked: Any) -> None:
        with client.messages.stream(max_tokens=16, **asked) as stream:
            stream.until_done()

    calls: tuple[tuple[str, str, Callable[[anthropic.Anthropic], object]], ...] = (
        ("messages.create", "", lambda client: client.messages.create(max_tokens=16, **asked)),
        ("messages.stream", "", lambda client: streamed(client, **asked)),
        ("messages.count_tokens", "", lambda client: client.messages.count_tokens(**asked)),
        ("pass-through messages.create", "/anthropic", lambda client: client.messages.create(max_tokens=16, **native)),
        ("pass-through messages.stream", "/anthropic", lambda client: streamed(client, **native)),
        ("pass-through models.list", "/anthropic", lambda client: [*client.models.list()]),
        ("pass-through batches.list", "/anthropic", lambda client: [*client.messages.batches.list()]),
    )
    for name, prefix, use in calls:

        def call(url: str, token: str, key: str, prefix: str = prefix, use: Callable[[Any], object] = use) -> _Failure | None:
            headers = {"x-litellm-api-key": key}
            client = anthropic.Anthropic(auth_token=token, base_url=url + prefix, default_headers=headers, max_retries=0)
            try:
                use(client)
            except anthropic.APIConnectionError as error:
                return _Failure(f"{_CUT_OFF} ({type(error).__name__})")
            except anthropic.AnthropicError as error:
                return _Failure(f"the client raises {type(error).__name__}", str(error))
            finally:
                client.close()
            return None

        yield name, name, "auth_token of the anthropic client", call


def _real(out: TextIO, once: bool) -> None:
    """One cheap call a path to the real API with the token from ANTHROPIC_OAUTH_TOKEN; what would store something is left out."""
    token = os.environ["ANTHROPIC_OAUTH_TOKEN"].strip()
    loop = asyncio.new_event_loop()
    paths = [path for path in installed_paths() if family_of(path) not in _NOT_ON_A_REAL_ACCOUNT]
    for number, path in enumerate(paths):
        _say(out, "calls to the real API", number, len(paths))
        bounded = {name: 1 for name in ("max_tokens", "max_output_tokens") if name in path.arguments}
        cheap = replace(path, arguments={**path.arguments, **bounded})
        try:
            answer = "200" if path.reached_anthropic(_result(cheap, {"api_key": token}, loop)) else "no answer"
        except Exception as error:
            status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
            answer = f"{status or 'no status'} {type(error).__name__}"
        _tell(out, Cell("Anthropic", family_of(path), path.name, "api_key", "not seen", answer))


def _say(out: TextIO, what: str, done: int, total: int) -> None:
    """A line of progress at each quarter."""
    if done * 4 // total != (done - 1) * 4 // total:
        out.write(json.dumps({"progress": f"{what}: {done} of {total}"}) + "\n")


def _tell(out: TextIO, cell: Cell) -> None:
    out.write(json.dumps({"cell": asdict(cell)}) + "\n")


_KINDS: Final[Mapping[str, Callable[[TextIO, bool], None]]] = {"SDK": _sdk, "proxy": _proxy, "Anthropic": _real}

if __name__ == "__main__":
    main()
