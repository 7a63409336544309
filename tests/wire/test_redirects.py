"""No credential follows a redirect to another origin; a redirect within an origin still works."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import respx

from tests.support.call_paths import CallPath, installed_paths
from tests.support.origin import Answer, Origin, Request
from tests.support.standin import Anthropic
from tests.wire.conftest import Wire

_PATHS = [pytest.param(path, id=path.name) for path in installed_paths() if not path.routed]


@pytest.fixture
def elsewhere() -> Iterator[Origin]:
    """Another origin: the same host, another port. It answers as an Anthropic that takes anybody."""
    with Origin(Anthropic()) as origin:
        yield origin


async def _make(path: CallPath, **given: Any) -> None:
    if path.is_async:
        await path.arun(**given)
    else:
        await asyncio.to_thread(path.run, **given)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", ["token", "api_key", "bearer"])
@pytest.mark.parametrize("path", _PATHS)
async def test_no_credential_follows_a_redirect_to_another_origin(
    path: CallPath, kind: str, elsewhere: Origin, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the call, nothing that arrives at the other origin has the credential in it."""
    if kind == "bearer" and path.requires_api_key:
        pytest.skip("this path has no way for a plain bearer")
    given = {} if kind == "bearer" else {"api_key": names[kind]}
    if kind == "bearer":
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", names["bearer"])
    judge = Anthropic(redirect_to=elsewhere.url)
    anthropics_own = Wire(judge, names["bearer"])
    with Origin(judge) as origin, respx.mock(using="httpx", assert_all_called=False) as router:
        # Some releases count tokens with a key at Anthropic alone, whatever base is set.
        router.route(host="api.anthropic.com").mock(side_effect=anthropics_own.mocked)
        router.route(host="127.0.0.1").pass_through()
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        try:
            await _make(path, **given, **path.at(origin.url))
        except Exception as refused:
            assert names[kind] not in f"{refused} {refused!r}"
        asked = [*origin.requests, *anthropics_own.requests]
        assert asked or kind == "bearer", "the redirect was never asked for"
        assert kind == "bearer" or names[kind] in str(asked)
    assert names[kind] not in str(elsewhere.requests)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", ["token", "api_key"])
@pytest.mark.parametrize("name", ["completion", "acompletion", "file_list", "afile_list"])
async def test_a_redirect_within_the_origin_keeps_the_credential(
    name: str, kind: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect to another path of the same origin is followed, and the call succeeds there with its credential."""
    paths = [path for path in installed_paths() if path.name == name]
    if not paths:
        pytest.skip(f"the installed release has no {name} for Anthropic")
    anthropic = Anthropic()

    def moved_once(request: Request) -> Answer:
        if "moved" not in request.target:
            mark = "&" if "?" in request.target else "?"
            return Answer(307, headers={"location": f"{request.target}{mark}moved=1"})
        return anthropic(request)

    with Origin(moved_once) as origin:
        monkeypatch.setenv("ANTHROPIC_API_BASE", origin.url)
        await _make(paths[0], api_key=names[kind], **paths[0].at(origin.url))
        followed = [request for request in origin.requests if "moved" in request.target]
        assert followed
        assert all(names[kind] in str(request.headers) for request in followed)
