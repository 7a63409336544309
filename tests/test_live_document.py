"""docs/live-tests.md says how many calls the live tests make."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.call_paths import installed_paths
from tests.support.proxy_routes import PASS_THROUGH_FILES, ROUTES

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "live-tests.md").read_text("utf-8")


def test_the_document_counts_every_call() -> None:
    """Its table has a row for each kind of call, and as many calls as the installed paths come to, twice where they take headers."""
    made = len(ROUTES) + len(PASS_THROUGH_FILES)
    made += sum(2 if "extra_headers" in path.header_parameters else 1 for path in installed_paths())
    rows = [int(count) for count in re.findall(r"^\| .+? \| (\d+) \|", TEXT, re.MULTILINE)]
    assert (sum(rows), f"makes {made} calls" in " ".join(TEXT.split())) == (made, True)
