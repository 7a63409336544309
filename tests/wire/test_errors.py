"""What cannot be sent is refused before anything leaves, with a message that helps and repeats no credential."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest

from tests.support.call_paths import CallPath, installed_paths
from tests.support.origin import Origin
from tests.support.standin import Anthropic
from tests.wire.conftest import Wire
from tests.wire.sources import malformed

PATHS = installed_paths()
_BY_NAME = [pytest.param(path, id=path.name) for path in PATHS]
_WITHOUT_API_KEY = [pytest.param(path, id=path.name) for path in PATHS if not path.requires_api_key]
_WITH_HEADERS = [pytest.param(path, id=path.name) for path in PATHS if path.header_parameters]


async def _refusal(path: CallPath, **given: Any) -> str:
    """All the text of the error a call ends in; empty where the path answers errors with a fallback value."""
    try:
        if path.is_async:
            await path.arun(**given)
        else:
            await _in_thread(path, given)
    except Exception as error:
        return "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
    assert not path.reports_errors, f"{path.name} reported no error"
    return ""


async def _in_thread(path: CallPath, given: dict[str, Any]) -> None:
    """Synchronous paths start event loops of their own, which a running loop forbids in its thread."""
    await asyncio.to_thread(path.run, **given)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("blank", [(), ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")], ids=["unset", "blank"])
@pytest.mark.parametrize("path", _WITHOUT_API_KEY)
async def test_without_a_credential_nothing_is_sent_and_the_error_names_what_to_set(
    path: CallPath, blank: tuple[str, ...], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call with no credential anywhere, or with blank ones, names ANTHROPIC_API_KEY, and makes no request."""
    for variable in blank:
        monkeypatch.setenv(variable, " ")
    message = await _refusal(path)
    assert wire.requests == []
    assert not path.reports_errors or "ANTHROPIC_API_KEY" in message


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", _BY_NAME)
async def test_a_malformed_api_key_is_refused_unrepeated(path: CallPath, wire: Wire, names: dict[str, str]) -> None:
    """A token with a control character inside, as api_key, is not sent, and the error does not repeat it."""
    token = malformed(names["token"])
    _assert_refused(path, await _refusal(path, api_key=token), token, wire)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("path", _WITHOUT_API_KEY)
async def test_a_malformed_token_in_the_environment_is_refused_unrepeated(
    path: CallPath, variable: str, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, from either environment variable. An environment cannot hold NUL, so the character is another."""
    token = names["token"][:20] + "\n" + names["token"][20:]
    monkeypatch.setenv(variable, token)
    _assert_refused(path, await _refusal(path), token, wire)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("with_key", [False, True], ids=["alone", "key beside it"])
@pytest.mark.parametrize("path", _WITH_HEADERS)
async def test_a_malformed_token_in_headers_is_refused_unrepeated(
    path: CallPath, with_key: bool, wire: Wire, names: dict[str, str]
) -> None:
    """The same, from the caller's headers, even with a key beside it: whoever sent a token does not mean to bill the key's owner."""
    token = malformed(names["token"])
    given: dict[str, Any] = {"api_key": names["api_key"]} if with_key else {}
    message = await _refusal(path, **given, extra_headers={"Authorization": f"Bearer {token}"})
    _assert_refused(path, message, token, wire)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in PATHS if path.header_parameters and path.reports_errors])
async def test_anthropics_refusal_of_a_callers_token_keeps_its_status(
    path: CallPath, status: int, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Anthropic answers to a caller's token reaches the caller with that status, whichever of LiteLLM's exceptions carries it."""
    given: dict[str, Any] = {"extra_headers": {"Authorization": f"Bearer {names['token']}"}}
    with Origin(Anthropic(statuses={names["token"]: status})) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        with pytest.raises(Exception) as raised:
            if path.is_async:
                await path.arun(**given, **path.at(origin.url))
            else:
                await _in_thread(path, {**given, **path.at(origin.url)})
    assert getattr(raised.value, "status_code", None) == status
    assert names["token"] not in str(raised.value)


def _assert_refused(path: CallPath, message: str, token: str, wire: Wire) -> None:
    assert wire.requests == []
    if path.reports_errors:
        assert "Anthropic OAuth token" in message
        assert "control character" in message
    for part in (token, token[:20], token[21:]):
        assert part not in message
        assert repr(part)[1:-1] not in message
