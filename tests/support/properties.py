"""How much the properties are tried: a little in every run of the suites, always the same; much more with `make fuzz`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

_ANY_PACE = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
}
settings.register_profile("suite", max_examples=60, derandomize=True, database=None, **_ANY_PACE)
settings.register_profile("fuzz", max_examples=20_000, print_blob=True, **_ANY_PACE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be held to a number of cases: what Hypothesis was told to generate is not yet what it tried."""
    parser.addoption("--cases-at-least", type=int, default=0, metavar="N", help="fail if fewer cases than this were generated and tried")


def pytest_configure(config: pytest.Config) -> None:
    """Take the small profile, unless one is asked for."""
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note in the report of a property how many generated cases it was tried on, in Hypothesis's own count."""
    report = yield
    statistics = str(getattr(item, "hypothesis_statistics", ""))
    if report.when == "teardown" and statistics:
        tried = sum(int(number) for pair in re.findall(r"(\d+) passing, (\d+) failing", statistics) for number in pair)
        report.user_properties.append(("cases", tried))
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which fewer cases were tried than it was to try."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        terminal is not None
        and session.exitstatus == pytest.ExitCode.OK
        and _tried(terminal) < session.config.getoption("--cases-at-least")
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases were generated: a run that generated few shows little."""
    tried, wanted = _tried(terminalreporter), terminalreporter.config.getoption("--cases-at-least")
    if tried or wanted:
        terminalreporter.write_line(f"{tried:,} cases were tried{f', of {wanted:,} at least' if wanted else ''}.")


def _tried(terminal: pytest.TerminalReporter) -> int:
    reports = [report for each in terminal.stats.values() for report in each if getattr(report, "when", "") == "teardown"]
    return sum(value for report in reports for name, value in report.user_properties if name == "cases")
