"""An OAuth token in what LiteLLM writes and hands on of a call: a mask stands for it everywhere."""

from __future__ import annotations

import datetime
import io
import logging
import secrets
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.integrations.custom_logger import CustomLogger
from litellm.litellm_core_utils.litellm_logging import Logging

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
MESSAGE: dict[str, Any] = {
    "id": "msg_one",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 5},
}
WAYS = [
    pytest.param({"api_key": TOKEN}, id="api_key"),
    pytest.param({"extra_headers": {"Authorization": f"Bearer {TOKEN}"}}, id="extra_headers"),
]


class _Recorder(CustomLogger):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self.seen.append(f"{kwargs!r}")

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.seen.append(f"{kwargs!r}")


def _call(**given: Any) -> Any:
    asked = {
        "model": "anthropic/claude-sonnet-4-5",
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 16,
    }
    litellm.in_memory_llm_clients_cache.flush_cache()
    with respx.mock() as router:
        route = router.route(host="api.anthropic.com").mock(return_value=httpx.Response(200, json=MESSAGE))
        litellm.completion(**asked, **given)
    assert route.calls[0].request.headers["authorization"] == f"Bearer {TOKEN}"


def test_what_is_kept_of_a_call_from_its_start_has_no_token() -> None:
    """A call that fails before it is prepared has its arguments masked, and a proxy's raw headers taken out, as one that is made."""
    started = datetime.datetime.now(datetime.timezone.utc)
    arguments = {"api_key": TOKEN, "secret_fields": {"raw_headers": {"authorization": f"Bearer {TOKEN}"}}}
    call = Logging("claude", [], False, "completion", started, "a call", "a function", kwargs=arguments)
    assert call.litellm_params["api_key"] == "<an Anthropic OAuth token>"
    assert TOKEN not in f"{vars(call)}"


def test_what_is_kept_of_a_call_that_is_prepared_has_no_token() -> None:
    """The parameters that a call was made ready with have a mask for it, in a field as in a header."""
    started = datetime.datetime.now(datetime.timezone.utc)
    call = Logging("claude", [], False, "completion", started, "a call", "a function", kwargs={})
    headers = {"Authorization": f"Bearer {TOKEN}"}
    call.update_environment_variables(litellm_params={"api_key": TOKEN}, optional_params={"extra_headers": headers})
    assert call.litellm_params["api_key"] == "<an Anthropic OAuth token>"
    assert set(call.optional_params["extra_headers"]) == {"Authorization"}
    assert TOKEN not in f"{vars(call)}"


@pytest.mark.parametrize("given", WAYS)
def test_callbacks_are_given_no_token(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback sees every argument of the call ahead of it and behind it, without the token that went out."""
    recorder = _Recorder()
    monkeypatch.setattr(litellm, "callbacks", [recorder])
    _call(**given)
    assert recorder.seen
    assert [TOKEN in text for text in recorder.seen] == [False] * len(recorder.seen)


@pytest.mark.parametrize(
    "name", ["LiteLLM", "LiteLLM Proxy", "LiteLLM Router", "LiteLLM.made-up", "litellm.made_up.module"]
)
def test_no_logger_of_litellms_writes_a_token(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a message, its arguments or a traceback, whatever switches redaction off."""
    monkeypatch.setenv("LITELLM_DISABLE_REDACT_SECRETS", "true")
    written = io.StringIO()
    logger = logging.getLogger(name)
    monkeypatch.setattr(logger, "handlers", [logging.StreamHandler(written)])
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger, "propagate", False)
    logger.error("sent %s to %s", {"authorization": f"Bearer {TOKEN}"}, "Anthropic")
    logger.error(f"sent {TOKEN}")
    try:
        raise ValueError(f"refused {TOKEN}")
    except ValueError:
        logger.exception("failed")
    assert "sent" in written.getvalue() and "failed" in written.getvalue() and "refused" in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_another_librarys_logger_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of loggers that are not LiteLLM's are what their callers made them."""
    written = io.StringIO()
    logger = logging.getLogger("another.library")
    monkeypatch.setattr(logger, "handlers", [logging.StreamHandler(written)])
    monkeypatch.setattr(logger, "propagate", False)
    logger.warning("sent %s", TOKEN)
    assert written.getvalue() == f"sent {TOKEN}\n"
