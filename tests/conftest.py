"""What holds for every suite: LiteLLM reads no remote file, no credential of the developer's leaks in, no test leaves loopback."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.environment import clean
from tests.support.loopback_only import loopback_only
from tests.support.properties import (
    pytest_addoption,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

__all__ = ["pytest_addoption", "pytest_configure", "pytest_runtest_makereport", "pytest_sessionfinish", "pytest_terminal_summary"]

clean(os.environ)
_PROXIES = "tests/proxy/"
_CREDENTIAL = re.compile(r"(sk-ant-[a-z]+|gateway\.(?!example)).*", re.IGNORECASE | re.DOTALL)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep credentials, which are new in every process, out of test names: workers must agree on names, and reports must not show any."""
    text = val.decode("ascii", "replace") if isinstance(val, bytes) else val
    if isinstance(text, str) and _CREDENTIAL.search(text):
        return _CREDENTIAL.sub(r"<\1>", text)
    return None


@pytest.fixture(scope="session", autouse=True)
def _loopback() -> Iterator[list[str]]:
    with loopback_only() as refused:
        yield refused


@pytest.fixture(autouse=True)
def _no_connection_to_others(_loopback: list[str]) -> Iterator[None]:
    """Fail the test during which something tried to reach another machine, even where LiteLLM swallowed the refusal."""
    before = len(_loopback)
    yield
    refused, _loopback[before:] = _loopback[before:], []
    if refused:
        pytest.fail(f"this test tried to reach {', '.join(refused)}; tests talk to loopback only")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a worker a file at a time; and tests/proxy to one of them whole, so that its proxies are started once."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _PROXIES if nodeid.startswith(_PROXIES) else str(super()._split_scope(nodeid))

    return Scheduling(config, log)
