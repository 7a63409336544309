"""Every call path with every credential source: the whole set of headers that leaves for Anthropic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.call_paths import CallPath, installed_paths
from tests.support.headers import shown, with_credential
from tests.support.origin import Request
from tests.wire.conftest import Wire, background
from tests.wire.sources import ALONE_IN_HEADERS, IN_HEADERS, WITHOUT_HEADERS, Source, filled
from tests.wire.upstream import sent_by_upstream

PATHS = installed_paths()
_SENT = sent_by_upstream()


def _cells() -> Iterator[tuple[CallPath, Source, str | None]]:
    """Path, source and the parameter that carries the source's headers, if it has any."""
    for path in PATHS:
        for source in WITHOUT_HEADERS:
            if not (path.requires_api_key and source.api_key is None) and (source.wins != "bearer" or _SENT[path.name].plain_bearer):
                yield path, source, None
        for number, parameter in enumerate(path.header_parameters):
            for source in IN_HEADERS if number == 0 else ALONE_IN_HEADERS:
                yield path, source, parameter


def _parameters(is_async: bool) -> list[Any]:
    return [
        pytest.param(path, source, parameter, id=f"{path.name}-{source.name}" + (f"-{parameter}" if parameter else ""))
        for path, source, parameter in _cells()
        if path.is_async == is_async
    ]


def _given(source: Source, parameter: str | None, names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The call's credential arguments, with the environment set beside them."""
    for variable, value in filled(source.environment, names).items():
        monkeypatch.setenv(variable, value)
    given: dict[str, Any] = {} if source.api_key is None else {"api_key": source.api_key.format(**names)}
    return given if parameter is None else {**given, parameter: filled(source.headers, names)}


def _assert_sent(path: CallPath, source: Source, wire: Wire, names: dict[str, str]) -> None:
    """The path's own request came first. What followed it (a next page, a batch's results for the spend log) obeys the contract as well."""
    asked = [(request.method, request.path) for request in wire.requests]
    assert asked[:1] == [(path.method, path.target)], f"the path's own request was not sent, but {asked}"
    for number, request in enumerate(wire.requests):
        betas = source.betas if number == 0 or asked[number] == asked[0] else ()
        assert shown(request, {**names, "host": "api.anthropic.com"}) == with_credential(_base(path, request), source.wins, *betas)


def _base(path: CallPath, request: Request) -> Mapping[str, str]:
    """Upstream's headers for a request: of the path itself, or of the path whose request this is."""
    if (request.method, request.path) == (path.method, path.target):
        return _SENT[path.name].headers
    # A release that takes a batch for a file fetches its results as a file's content.
    asked = {(request.method, request.path), (request.method, request.path.replace("/files/msgbatch_standin/", "/files/file_standin/"))}
    return next(_SENT[other.name].headers for other in PATHS if (other.method, other.target) in asked)


@pytest.mark.parametrize(("path", "source", "parameter"), _parameters(is_async=False))
def test_synchronous_paths_send_exactly_the_contract(
    path: CallPath, source: Source, parameter: str | None, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What leaves is upstream's own header set with the winning credential as the contract says; the caller's dict stays as it was."""
    given = _given(source, parameter, names, monkeypatch)
    path.run(**given)
    _assert_sent(path, source, wire, names)
    assert parameter is None or given[parameter] == filled(source.headers, names)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "source", "parameter"), _parameters(is_async=True))
async def test_asynchronous_paths_send_exactly_the_contract(
    path: CallPath, source: Source, parameter: str | None, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same on the asynchronous paths."""
    given = _given(source, parameter, names, monkeypatch)
    await path.arun(**given)
    await background()
    _assert_sent(path, source, wire, names)
    assert parameter is None or given[parameter] == filled(source.headers, names)
