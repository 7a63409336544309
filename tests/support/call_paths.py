"""The table of LiteLLM's call paths to Anthropic: what the wire suite asserts, `make compare` records and `make demo` shows.

A path is one public function of `litellm`, or a method of its Router, with the arguments that make it call Anthropic. The installed release
is asked which of them it has; see installed_paths().
"""

from __future__ import annotations

import asyncio
import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from tests.support.standin import MODEL

ROUTED: Final = "routed"
NOTHING_LISTENS: Final = "http://127.0.0.1:0"

_MESSAGES: Final = [{"role": "user", "content": "Say hello."}]
_EXTRA: Final = ("extra_headers",)
_BOTH: Final = ("extra_headers", "headers")


@dataclass(frozen=True)
class CallPath:
    """One way to call Anthropic through LiteLLM.

    name: what a reader calls it, unique in the table.
    function: the public function under `litellm`, dotted; `Router.x` is a method of a Router that has one Anthropic deployment.
    arguments: what the call is given beside credentials, headers and api_base.
    method, target: the request it makes, relative to the API base; a path with several requests names the first.
    header_parameters: the parameters that carry a caller's headers; none where the function has no such parameter.
    takes_api_base: False where the function has no such parameter and only ANTHROPIC_API_BASE leads it elsewhere.
    reports_errors: False where upstream answers an error with a fallback value instead of an exception; see reached_anthropic().
    requires_api_key: True where the function has `api_key` as a parameter that must be given.
    asks: the path that tells whether a release takes Anthropic as the provider of this one; None where every release does.
    """

    name: str
    function: str
    arguments: Mapping[str, object]
    method: str
    target: str
    header_parameters: tuple[str, ...]
    is_async: bool
    streamed: bool = False
    takes_api_base: bool = True
    reports_errors: bool = True
    requires_api_key: bool = False
    asks: str | None = None

    @property
    def routed(self) -> bool:
        return self.function.startswith("Router.")

    def call(self, *, api_key: str | None = None, api_base: str | None = None, **headers: Mapping[str, str]) -> Any:
        """Make the call and return its result: a coroutine where `is_async`. What is None is left out of the call.

        headers: the caller's headers, under one of the path's header parameters.
        """
        if not set(headers) <= set(self.header_parameters):
            raise TypeError(f"{self.name} takes headers as {self.header_parameters or 'nothing'}, not as {sorted(headers)}")
        given = {name: value for name, value in (("api_key", api_key), ("api_base", api_base)) if value is not None}
        if not self.routed:
            return _resolve(self.function)(**self.arguments, **given, **headers)
        deployment = {"model": self.arguments.get("model", f"anthropic/{MODEL}"), **given}
        router = _resolve("Router")(model_list=[{"model_name": ROUTED, "litellm_params": deployment}], num_retries=0)
        return getattr(router, self.function.removeprefix("Router."))(**{**self.arguments, "model": ROUTED}, **headers)

    def at(self, url: str) -> dict[str, str]:
        """The argument that leads the call to a base, if it takes one: not every path of every release reads ANTHROPIC_API_BASE."""
        return {"api_base": url} if self.takes_api_base else {}

    def run(self, **given: Any) -> Any:
        """Make a synchronous call, as call() does, and read it to its end: a stream gives the list of its chunks."""
        result = self.call(**given)
        return list(result) if self.streamed else result

    def reached_anthropic(self, result: Any) -> bool:
        """Whether a result says that Anthropic answered: a path that reports no errors has a value of its own for a call that failed."""
        if self.function == "acount_tokens":
            return result.original_response is not None
        return self.reports_errors or bool(result)

    async def arun(self, **given: Any) -> Any:
        """Make an asynchronous call, as call() does, and read it to its end: a stream gives the list of its chunks."""
        result = await self.call(**given)
        return [chunk async for chunk in result] if self.streamed else result


def _resolve(function: str) -> Callable[..., Any]:
    """The function of that dotted name under `litellm`. Raises AttributeError where the installed release has none."""
    found: Any = importlib.import_module("litellm")
    for part in function.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def _generations() -> Iterator[CallPath]:
    """The paths that produce text: each in every combination of synchronous or not, streamed or not, through the Router or not."""
    chat: dict[str, object] = {"model": f"anthropic/{MODEL}", "messages": _MESSAGES, "max_tokens": 16}
    text: dict[str, object] = {"model": "anthropic_text/claude-2.1", "messages": _MESSAGES, "max_tokens": 16}
    asked: dict[str, object] = {"model": f"anthropic/{MODEL}", "input": "Say hello.", "max_output_tokens": 16}
    kinds = (
        ("", chat, "/v1/messages", _BOTH, ("completion", "acompletion", "Router.completion", "Router.acompletion")),
        ("", chat, "/v1/messages", _BOTH, ("anthropic.messages.create", "anthropic.messages.acreate", "Router.aanthropic_messages")),
        ("", asked, "/v1/messages", _BOTH, ("responses", "aresponses", "Router.responses", "Router.aresponses")),
        ("text ", text, "/v1/complete", _BOTH, ("completion", "acompletion", "Router.completion", "Router.acompletion")),
    )
    for prefix, arguments, target, parameters, functions in kinds:
        for function in functions:
            is_async = function.rpartition(".")[2].startswith("a")
            asks = function if function == "anthropic.messages.create" else None
            plain = CallPath(prefix + function, function, arguments, "POST", target, parameters, is_async, asks=asks)
            yield plain
            yield replace(plain, name=f"{plain.name} streamed", arguments={**arguments, "stream": True}, streamed=True)


def _resources() -> Iterator[CallPath]:
    """The paths that handle stored things: batches, files and skills; the asynchronous ones through the Router too, where it has them."""
    batch: dict[str, object] = {"completion_window": "24h", "endpoint": "/v1/chat/completions", "input_file_id": "file_standin"}
    upload: dict[str, object] = {"file": ("note.txt", b"hello", "text/plain"), "purpose": "messages"}
    skill: dict[str, object] = {"display_title": "A skill", "files": [("skill/SKILL.md", b"---\nname: skill\n---\n", "text/markdown")]}
    batches, files, skills = "/v1/messages/batches", "/v1/files", "/v1/skills"
    operations: tuple[tuple[str, str, dict[str, object], str, str], ...] = (
        ("", "create_batch", batch, "POST", batches),
        ("", "retrieve_batch", {"batch_id": "msgbatch_standin"}, "GET", f"{batches}/msgbatch_standin"),
        ("", "list_batches", {}, "GET", batches),
        ("", "cancel_batch", {"batch_id": "msgbatch_standin"}, "POST", f"{batches}/msgbatch_standin/cancel"),
        ("", "create_file", upload, "POST", files),
        ("", "file_list", {}, "GET", files),
        ("", "file_retrieve", {"file_id": "file_standin"}, "GET", f"{files}/file_standin"),
        ("", "file_delete", {"file_id": "file_standin"}, "DELETE", f"{files}/file_standin"),
        ("", "file_content", {"file_id": "file_standin"}, "GET", f"{files}/file_standin/content"),
        ("batch results ", "file_content", {"file_id": "msgbatch_standin"}, "GET", f"{batches}/msgbatch_standin/results"),
        ("", "create_skill", skill, "POST", skills),
        ("", "list_skills", {}, "GET", skills),
        ("", "get_skill", {"skill_id": "skill_standin"}, "GET", f"{skills}/skill_standin"),
        ("", "delete_skill", {"skill_id": "skill_standin"}, "DELETE", f"{skills}/skill_standin"),
    )
    for prefix, function, arguments, method, target in operations:
        asked = {"custom_llm_provider": "anthropic", **arguments}
        for name, is_async in ((function, False), (f"a{function}", True), (f"Router.a{function}", True)):
            asks = "file_retrieve" if prefix + function == "file_content" else prefix + function
            # Releases before 1.82.6 lose its provider.
            asks = name if name == "Router.afile_list" else asks
            yield CallPath(prefix + name, name, asked, method, target, _EXTRA, is_async, asks=asks)


def _enquiries() -> Iterator[CallPath]:
    """The paths that ask about a model or a key. None of them has a parameter for headers."""
    counted: dict[str, object] = {"model": f"anthropic/{MODEL}", "messages": _MESSAGES}
    listed: dict[str, object] = {"check_provider_endpoint": True, "custom_llm_provider": "anthropic"}
    target = "/v1/messages/count_tokens"
    yield CallPath("acount_tokens", "acount_tokens", counted, "POST", target, (), True, reports_errors=False)
    yield CallPath("get_valid_models", "get_valid_models", listed, "GET", "/v1/models", (), False, reports_errors=False)
    checked: dict[str, object] = {"model": f"anthropic/{MODEL}"}
    key_only: dict[str, Any] = {"takes_api_base": False, "reports_errors": False, "requires_api_key": True}
    yield CallPath("check_valid_key", "check_valid_key", checked, "POST", "/v1/messages", (), False, **key_only)


CALL_PATHS: Final = (*_generations(), *_resources(), *_enquiries())


@functools.cache
def installed_paths() -> tuple[CallPath, ...]:
    """The paths that the installed LiteLLM has for Anthropic, in the table's order. Sends nothing; not for use inside an event loop."""
    return tuple(path for path in CALL_PATHS if _has(path.function) and (path.asks is None or _takes_anthropic(path.asks)))


def _has(function: str) -> bool:
    if function.startswith("Router."):
        router = _resolve("Router")(model_list=[])
        return hasattr(router, function.removeprefix("Router."))
    try:
        _resolve(function)
    except AttributeError:
        return False
    return True


@functools.cache
def _takes_anthropic(name: str) -> bool:
    """Whether the path of that name is implemented for Anthropic: if it is, it fails to connect to where nothing listens.

    Where OpenAI's client fails to, the call would have gone to another provider. Releases from 1.82.2 to 1.92 take a batch for a file.
    """
    path = next(path for path in CALL_PATHS if path.name == name)
    try:
        asked = path.run(api_key="unused", api_base=NOTHING_LISTENS)
        if path.is_async:
            asyncio.run(asked)
    except Exception as refusal:
        if type(refusal).__module__.partition(".")[0] == "openai" or _asked_elsewhere(refusal, path.target):
            return False
        return not any(words in str(refusal) for words in ("doesn't support", "not implemented", "not supported"))
    raise AssertionError(f"{name} succeeded although nothing listens at {NOTHING_LISTENS}")


def _asked_elsewhere(failure: BaseException | None, target: str) -> bool:
    """Whether a failure to connect, if it says where to, was on the way to another target."""
    while failure is not None:
        if isinstance(failure, httpx.RequestError):
            return failure.request.url.path != target
        failure = failure.__cause__ or failure.__context__
    return False
