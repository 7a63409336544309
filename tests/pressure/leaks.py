"""Run the suites that look for leaks on some releases, and write what they found into docs/security.md: `make leaks`.

    python -m tests.pressure.leaks 1.110.2=PYTHON 1.81.3=PYTHON

Each release is one run of tests/pressure by an interpreter that has it. A row of the table is one file of tests: what its docstring says
was tried, on how many cases, and how many of its tests failed. Exit status: 0 if none did.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
_SUITE = "tests/pressure"
# Made where the document is not there yet.
_FRAME = """\
# Security

What the suites try to get out of the fork, and what they found. `make leaks` runs them and writes the table; `make fuzz` tries more, and
`make soak` longer.

<!-- leaks -->
<!-- end of leaks -->
"""
_TABLE = re.compile(r"<!-- leaks -->\n.*?<!-- end of leaks -->\n", re.DOTALL)


@dataclass
class Run:
    """What came of one release: by file of tests, the cases that were tried, the tests that failed, and the reasons of those left out."""

    release: str
    cases: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


def run(release: str, python: str) -> Run:
    """Run the suite on a release. Raises RuntimeError where it could not be run."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [python, "-m", "pytest", _SUITE, "--quiet", "--disable-warnings", "--numprocesses", "2", "--dist", "loadfile"]
        done = subprocess.run([*command, f"--junitxml={report}"], cwd=ROOT, stdout=sys.stderr)
        if done.returncode not in (0, 1) or not report.is_file():
            raise RuntimeError(f"the suite could not be run on {release}: pytest ended with {done.returncode}")
        return read(release, ET.parse(report).getroot())


def read(release: str, report: ET.Element) -> Run:
    """What a report of pytest's says. A test is one case, unless it counted more."""
    found = Run(release)
    for case in report.iter("testcase"):
        file = case.attrib["classname"].rpartition(".")[2]
        counted = [int(each.attrib["value"]) for each in case.iter("property") if each.attrib["name"] == "cases"]
        if case.find("skipped") is not None:
            found.skipped[file] += 1
        else:
            found.cases[file] += max([1, *counted])
            found.failed[file] += case.find("failure") is not None or case.find("error") is not None
    return found


def table(runs: list[Run]) -> str:
    """The table of some runs, a row for each file of tests, in the order of their names."""
    head = ["tried", *(f"{run.release}: cases" for run in runs), *(f"{run.release}: found" for run in runs)]
    rows = [head, ["---"] * len(head)]
    for file in sorted({file for run in runs for file in run.cases}):
        said = ast.get_docstring(ast.parse((ROOT / _SUITE / f"{file}.py").read_text("utf-8"))) or file
        tried = f"[{said.splitlines()[0].rstrip('.')}](../{_SUITE}/{file}.py)"
        rows.append([tried, *(f"{run.cases[file]:,}" for run in runs), *(str(run.failed[file]) for run in runs)])
    totals = [*(f"{sum(run.cases.values()):,}" for run in runs), *(str(sum(run.failed.values())) for run in runs)]
    lines = [f"| {' | '.join(row)} |" for row in [*rows, ["all", *totals]]]
    left_out = [f"{count} of {file} on {run.release}" for run in runs for file, count in sorted(run.skipped.items())]
    return "\n".join([*lines, "", f"Left out: {', '.join(left_out) or 'nothing'}.", ""])


def write(text: str) -> None:
    """Put a table between the document's markers."""
    before = DOCUMENT.read_text("utf-8") if DOCUMENT.is_file() else _FRAME
    if not _TABLE.search(before):
        before += _FRAME[_FRAME.index("<!-- leaks -->") :]
    DOCUMENT.write_text(_TABLE.sub(lambda _: f"<!-- leaks -->\n{text}<!-- end of leaks -->\n", before), "utf-8")


def main(arguments: list[str]) -> int:
    runs = [run(*argument.split("=", 1)) for argument in arguments]
    write(table(runs))
    return 1 if not runs or any(sum(run.failed.values()) or not run.cases for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
