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
settings.register_profile("fuzz", max_examples=15_000, print_blob=True, **_ANY_PACE)


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
        tried = sum(int(number) for number in re.findall(r"(\d+) (?:passing|failing) examples", statistics))
        report.user_properties.append(("cases", tried))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases were generated: a run that generated few shows little."""
    reports = [report for each in terminalreporter.stats.values() for report in each if getattr(report, "when", "") == "teardown"]
    tried = sum(value for report in reports for name, value in report.user_properties if name == "cases")
    if tried:
        terminalreporter.write_line(f"{tried:,} cases were tried.")
