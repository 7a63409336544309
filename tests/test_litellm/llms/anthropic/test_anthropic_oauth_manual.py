"""Every call path against the real Anthropic API, with a token from `ANTHROPIC_OAUTH_TOKEN`. Run by hand: it costs quota.

    ANTHROPIC_OAUTH_TOKEN=... python -m pytest tests/test_litellm/llms/anthropic/test_anthropic_oauth_manual.py

docs/live-tests.md says what each call costs and stores. What a plan's token may do is Anthropic's to say: a path it refuses for the plan
(403, or a 400 that names billing) is shown as an expected failure with Anthropic's own words; a 401 is always a failure, because that is
what a credential sent in the wrong way earns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

import litellm
from tests.support.call_paths import CallPath, installed_paths
from tests.support.loopback_only import unguarded

TOKEN = os.environ.get("ANTHROPIC_OAUTH_TOKEN", "").strip()
pytestmark = pytest.mark.skipif(
    not TOKEN, reason="needs a real OAuth token: set ANTHROPIC_OAUTH_TOKEN, as `claude setup-token` prints one"
)
_PATHS = [
    pytest.param(path, way, id=f"{path.name}-{way}")
    for path in installed_paths()
    for way in ("api_key", "extra_headers")
    if way == "api_key" or way in path.header_parameters
]


@pytest.fixture(autouse=True)
def _open_network(_loopback: list[str]) -> Iterator[None]:
    """These tests are the ones that leave loopback."""
    with unguarded():
        yield


@pytest.fixture(autouse=True)
def _says_no_token(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What a test writes is looked at here, and shown nowhere: pytest would print it below a failure."""
    yield
    written = "".join(capfd.readouterr())
    assert not (TOKEN and TOKEN in written), "something wrote the token"


def _given(way: str) -> dict[str, Any]:
    return {"api_key": TOKEN} if way == "api_key" else {"extra_headers": {"Authorization": f"Bearer {TOKEN}"}}


def _judge(error: Exception) -> None:
    """Fail on a refused credential; skip over what is no question of credentials. Raises from None: no chained text can show a header."""
    said = str(error).replace(TOKEN, "<token>")
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if status == 404:
        return  # The stored thing of that name is not in this account: Anthropic knew who asked.
    if status in (400, 403, 429, 529):
        pytest.xfail(f"Anthropic answered {status}: {said[:300]}")
    pytest.fail(f"{type(error).__name__} {status}: {said[:300]}", pytrace=False)


def _delete_again(path: CallPath, result: Any) -> None:
    """Take out of the account what a path has put into it."""
    deletes = {"create_file": ("file_delete", "file_id"), "create_skill": ("delete_skill", "skill_id")}
    for creates, (delete, name) in deletes.items():
        if path.function.removeprefix("Router.").removeprefix("a") == creates:
            getattr(litellm, delete)(**{name: result.id}, custom_llm_provider="anthropic", api_key=TOKEN)


@pytest.mark.parametrize(("path", "way"), [parameter for parameter in _PATHS if not parameter.values[0].is_async])
def test_synchronous_path_is_accepted_by_anthropic(path: CallPath, way: str) -> None:
    """Anthropic takes the token on this path, and nothing is left in the account."""
    try:
        result = path.run(**_given(way))
        assert path.reached_anthropic(result)
        _delete_again(path, result)
    except Exception as error:
        _judge(error)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "way"), [parameter for parameter in _PATHS if parameter.values[0].is_async])
async def test_asynchronous_path_is_accepted_by_anthropic(path: CallPath, way: str) -> None:
    """The same for the asynchronous paths."""
    try:
        result = await path.arun(**_given(way))
        assert path.reached_anthropic(result)
        _delete_again(path, result)
    except Exception as error:
        _judge(error)
