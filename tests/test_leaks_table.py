"""The table of what was tried says what the suites' reports say."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.pressure.leaks import read, table

_REPORT = """<testsuites><testsuite>
<testcase classname="tests.pressure.test_exit" name="a"><properties><property name="cases" value="60"/></properties></testcase>
<testcase classname="tests.pressure.test_exit" name="b"><failure/></testcase>
<testcase classname="tests.pressure.test_exit" name="c"><error/></testcase>
<testcase classname="tests.pressure.test_policy" name="d"><skipped/></testcase>
</testsuite></testsuites>"""


def test_cases_are_added_up_and_failures_and_what_was_left_out_are_told() -> None:
    """A property counts the cases it was tried on, another test one; what failed or broke is found; what was skipped is named."""
    run = read("1.0", ET.fromstring(_REPORT))
    assert (run.cases, run.failed, run.skipped) == ({"test_exit": 62}, {"test_exit": 2}, {"test_policy": 1})
    lines = table([run]).splitlines()
    assert lines[0] == "| tried | 1.0: cases | 1.0: found |"
    assert lines[2].endswith("(../tests/pressure/test_exit.py) | 62 | 2 |")
    assert lines[-1] == "Left out: 1 of test_policy on 1.0."
