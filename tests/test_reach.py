"""What `make reach` writes down: readable, complete, and enough to go on from where a run was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from fork.release import load_release, pinned
from tests import reach
from tests.reach import Tally, Tried, read, row, untried, write
from tests.support.overrides import overrides_for

RIGHT = Tried("1.81.3", ["before-1.106"], [], "1", Tally(3, 0), Tally(3, 3))
WRONG = Tried("1.9.9", [], ["x==1 ; y"], "2", Tally(2, 0), Tally(2, 1, {"SDK | completion | api_key": "nothing -> 401"}))
UNRUN = Tried("1.10.0", [], [], "3", reason="Upstream 1.10.0 has no file a|b.")


def test_what_is_written_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on knows of each release what an earlier one found; the table has the newest first, and reasons."""
    monkeypatch.setattr(reach, "RECORD", tmp_path / "releases.json")
    monkeypatch.setattr(reach, "TABLE", tmp_path / "releases.md")
    assert read(reach.RECORD) == {}
    results = {result.release: result for result in (WRONG, UNRUN, RIGHT)}
    write(results)
    assert read(reach.RECORD) == results
    assert [result.is_right for result in (RIGHT, WRONG, UNRUN)] == [True, False, False]
    text = reach.TABLE.read_text("utf-8")
    assert "1 of 3 releases are right on every call." in text
    assert text.endswith(
        "| 1.81.3 | before-1.106 | 0 of 3 | 3 of 3 |  |\n"
        "| 1.10.0 | none |  |  | Upstream 1.10.0 has no file a\\|b. |\n"
        "| 1.9.9 | none | 0 of 2 | 1 of 2 | `x==1 ; y` |\n"
    )


def test_a_release_is_tried_again_when_its_overlay_changed() -> None:
    """What was tried with other files does not count; of releases with the same overlay the digest is the same."""
    oldest = load_release(pinned()[-1])
    assert untried(oldest.name) == untried(oldest.name)
    assert untried(oldest.name).tried_with != untried(pinned()[0]).tried_with
    assert row(untried(oldest.name)).startswith(f"| {oldest.name} | before-")


@pytest.mark.parametrize(
    ("release", "file"),
    [("1.83.1", "overrides-1.83.1-1.83.14.txt"), ("1.83.14", "overrides-1.83.1-1.83.14.txt"), ("1.84.0", None), ("1.106.2", None)],
)
def test_a_range_of_releases_has_its_overrides(release: str, file: str | None) -> None:
    """Overrides hold from the first to the last release in their name."""
    found = overrides_for(release)
    assert (found and found.name) == file
