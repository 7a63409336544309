"""A token stays out of everything LiteLLM says at home: log lines at any level, callbacks' payloads, exceptions, cache keys."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, wait
from typing import Any

import pytest
from pydantic import BaseModel

import litellm
from litellm._logging import JsonFormatter, verbose_logger, verbose_proxy_logger, verbose_router_logger
from litellm.caching.caching import Cache
from litellm.integrations.custom_logger import CustomLogger
from litellm.litellm_core_utils.thread_pool_executor import executor
from tests.support.call_paths import CallPath, installed_paths
from tests.support.origin import Origin
from tests.support.standin import Anthropic
from tests.wire.conftest import background

_NAMES = (
    *(
        "completion",
        "acompletion",
        "completion streamed",
        "acompletion streamed",
        "Router.acompletion",
        "text completion",
        "text acompletion",
    ),
    *("anthropic.messages.acreate", "anthropic.messages.acreate streamed", "Router.aanthropic_messages", "responses", "aresponses"),
    *("retrieve_batch", "aretrieve_batch", "create_file", "acreate_file", "file_list", "afile_content", "list_skills", "acreate_skill"),
    *("acount_tokens", "get_valid_models", "check_valid_key"),
)
_WAYS = ("api_key", "extra_headers", "headers", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


class Recorder(CustomLogger):
    """Keeps, as text, everything every hook of a callback is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def _keep(self, *given: object) -> None:
        self.seen.append(_all_text(given))

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self._keep(model, messages, kwargs)

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep(kwargs, response_obj)

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep(kwargs, response_obj)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep(kwargs, response_obj)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep(kwargs, response_obj)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep(kwargs, response_obj)


def _all_text(value: object, depth: int = 8) -> str:
    """What a sink could write of it: contents of containers, fields of models (private ones too), str and repr of other objects."""
    if isinstance(value, str):
        # As JSON writes a str, whatever repr a subclass has: that is what a sink would store.
        return json.dumps(value)
    if isinstance(value, bytes):
        return repr(value)
    if depth == 0 or isinstance(value, (int, float, type(None))):
        return ""
    if isinstance(value, dict):
        return " ".join(_all_text(key, depth - 1) + _all_text(item, depth - 1) for key, item in list(value.items()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(_all_text(item, depth - 1) for item in list(value))
    kept = {**value.__dict__, **(value.__pydantic_private__ or {})} if isinstance(value, BaseModel) else {}
    return f"{value!r} {value!s} {_all_text(kept, depth - 1)}"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything logged at DEBUG, as text lines and as JSON lines."""
    text = io.StringIO()
    handlers = [logging.StreamHandler(text), logging.StreamHandler(text)]
    handlers[1].setFormatter(JsonFormatter())
    loggers = [verbose_logger, verbose_router_logger, verbose_proxy_logger, logging.getLogger()]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        for handler in handlers:
            logger.addHandler(handler)
    try:
        yield text
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
            for handler in handlers:
                logger.removeHandler(handler)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[Future[Any]]:
    """What LiteLLM has handed to its threads: synchronous calls are logged there, after they have answered."""
    started: list[Future[Any]] = []
    submit = executor.submit

    def noted(*args: Any, **kwargs: Any) -> Future[Any]:
        started.append(submit(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(executor, "submit", noted)
    return started


def _cells() -> list[Any]:
    return [
        pytest.param(path, way, status, id=f"{path.name}-{way}-{status}")
        for path in installed_paths()
        if path.name in _NAMES
        for way in _WAYS
        if way == "api_key" or way in path.header_parameters or (way.startswith("ANTHROPIC_") and not path.requires_api_key)
        for status in (200, 401, 429)
    ]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "way", "status"), _cells())
async def test_a_token_is_in_nothing_litellm_says(
    path: CallPath,
    way: str,
    status: int,
    logs: io.StringIO,
    threads: list[Future[Any]],
    names: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With debugging on and every hook listening, a call that succeeds or fails leaves the token on the wire and nowhere else."""
    token = names["token"]
    recorder = Recorder()
    litellm.callbacks = [recorder]
    monkeypatch.setattr(litellm, "set_verbose", True)
    given: dict[str, Any] = {}
    if way.startswith("ANTHROPIC_"):
        monkeypatch.setenv(way, token)
    else:
        given = {way: token if way == "api_key" else {"Authorization": f"Bearer {token}"}}
    raised = ""
    with Origin(Anthropic(statuses={} if status == 200 else {token: status})) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        try:
            given.update(path.at(origin.url))
            await (path.arun(**given) if path.is_async else asyncio.to_thread(path.run, **given))
        except Exception as error:
            raised = "".join(traceback.format_exception(error)) + _all_text(error.args) + _all_text(vars(error)) + repr(error)
        await background()
        await asyncio.to_thread(wait, list(threads), timeout=20)
        assert token in str(origin.requests), "the token was not sent at all"
    assert bool(raised) == (status != 200 and path.reports_errors)
    printed = capfd.readouterr()
    said = {
        "logs": logs.getvalue(),
        "callbacks": "\n".join(recorder.seen),
        "the exception": raised,
        "the console": printed.out + printed.err,
    }
    assert [where for where, text in said.items() if token in text] == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", ["acompletion", "anthropic.messages.acreate", "aresponses"])
@pytest.mark.parametrize("way", ["api_key", "extra_headers"])
async def test_a_token_is_in_no_cache_key_and_no_cached_value(
    name: str, way: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cached of a call, key and value, is without the token."""
    path = next(path for path in installed_paths() if path.name == name)
    cache = Cache(type="local")  # type: ignore[arg-type]
    monkeypatch.setattr(litellm, "cache", cache)
    token = names["token"]
    with Origin(Anthropic()) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        await path.arun(**{way: token if way == "api_key" else {"Authorization": f"Bearer {token}"}}, **path.at(origin.url))
        await background()
    stored = getattr(cache.cache, "cache_dict", None)
    assert isinstance(stored, dict)
    assert token not in _all_text(stored)


@pytest.mark.parametrize("logger", [verbose_logger, verbose_router_logger, verbose_proxy_logger], ids=lambda logger: logger.name)
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR])
def test_a_logger_masks_a_token_though_upstreams_redaction_is_off(
    logger: logging.Logger, level: int, logs: io.StringIO, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LITELLM_DISABLE_REDACT_SECRETS in effect, a token in a message, its arguments or a traceback still stays out."""
    monkeypatch.setattr(litellm._logging, "_ENABLE_SECRET_REDACTION", False, raising=False)
    token = names["token"]
    logger.log(level, f"said: {token}")
    logger.log(level, "argument: %s, headers: %s", token, {"authorization": f"Bearer {token}"})
    try:
        raise ValueError(token)
    except ValueError:
        logger.log(level, "raised", exc_info=True)
    written = logs.getvalue()
    assert all(word in written for word in ("said: ", "argument: ", "ValueError"))
    assert token not in written


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("way", ["api_key", "extra_headers"])
async def test_a_batch_retrieved_with_a_token_is_logged_and_asks_for_nothing_more(
    way: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream fetches an ended batch's results for its cost, in the background: not with a token, nor with the environment's key.

    The retrieval's own log entry is written as for a key; not every release writes one.
    """
    logged: list[str] = []

    class Listener(CustomLogger):
        async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            logged.append(kwargs["call_type"])

    path = next(path for path in installed_paths() if path.name == "aretrieve_batch")
    litellm.callbacks = [Listener()]
    with Origin(Anthropic()) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", names["api_key"])
        await path.arun()
        await background()
        usual, before = list(logged), len(origin.requests)
        if "/v1/files/msgbatch_standin/content" in [request.path for request in origin.requests]:
            # A release that takes a batch for a file reads no results there, and fails over them before it writes a key's entry.
            usual = ["aretrieve_batch"]
        logged.clear()
        token = names["token"]
        await path.arun(**{way: token if way == "api_key" else {"Authorization": f"Bearer {token}"}})
        await background()
        assert [request.path for request in origin.requests[before:]] == [path.target]
    assert logged == [call for call in usual if call == "aretrieve_batch"]
