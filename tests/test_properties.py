"""A run says how many cases it tried, in Hypothesis's own count, and fails where it was to try more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_PROPERTY = """
from hypothesis import given, strategies

@given(strategies.integers())
def test_a(number): pass

@given(strategies.integers())
def test_b(number): pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("wanted", "status"), [(120, 0), (121, 1)])
def test_a_run_that_tried_too_few_cases_fails(wanted: int, status: int, workers: str, tmp_path: Path) -> None:
    """Two properties of sixty cases each are 120 cases, in one process or several; a run that was to try one more has failed."""
    (tmp_path / "test_it.py").write_text(_PROPERTY)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.properties", "-n", workers, f"--cases-at-least={wanted}", "-q"]
    done = subprocess.run([*command, "--rootdir", tmp_path, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, f"120 cases were tried, of {wanted} at least." in done.stdout) == (status, True), done.stdout + done.stderr
