"""What `make reach` writes down: readable, complete, and enough to go on from where a run was cut off."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from fork.errors import ForkError
from fork.release import ROOT, excluded, load_release, pinned
from tests import reach
from tests.fork.checkouts import write_wheel
from tests.reach import Suites, Tally, Tried, came_out_right, read, row, untried, write
from tests.support.overrides import overrides_for

RIGHT = Tried("1.81.3", ["before-1.106", "before-1.82.2"], [], "1", "4", Tally(3, 0), Tally(3, 3), Suites("5", 6099, 148))
_WRONG_CALL = {"SDK | completion | api_key": "nothing -> 401"}
WRONG = Tried("1.9.9", [], ["x==1 ; y"], "2", "4", Tally(2, 0), Tally(2, 1, _WRONG_CALL), Suites("6", 1, 0, ["tests.wire::test"]))
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
        "| 1.81.3 | before-1.82.2 | 0 of 3 | 3 of 3 | 6,099 passed, 148 skipped |  |\n"
        "| 1.10.0 | none |  |  |  | Upstream 1.10.0 has no file a\\|b. |\n"
        "| 1.9.9 | none | 0 of 2 | 1 of 2 | 1 failed, 1 passed, 0 skipped | `x==1 ; y` |\n"
    )


def test_a_release_is_tried_again_when_its_overlay_changed() -> None:
    """What was tried with other files does not count; of releases with the same overlay the digest is the same."""
    oldest = load_release(pinned()[-1])
    assert untried(oldest.name) == untried(oldest.name)
    assert untried(oldest.name).tried_with != untried(pinned()[0]).tried_with
    assert untried(oldest.name).tried_with != untried(oldest.name, every_source=True).tried_with
    assert untried("1.84.0").upstream_with == untried("1.106.2").upstream_with, "upstream's calls know nothing of an overlay"
    assert row(untried(oldest.name)).startswith(f"| {oldest.name} | before-")


def test_the_newest_of_each_minor_release_is_tried_closely() -> None:
    """It makes each call with the token from every source, as do those of the suites, but for what is never built."""
    names = ["1.81.3", "1.81.16", "1.82.0", "1.82.8", "1.106.2", "1.106.12", "1.106.9"]
    assert reach.closely_tried(names) == {"1.81.3", "1.81.16", "1.82.0", "1.106.2", "1.106.12"}


def test_pins_of_a_release_follow_the_overlay() -> None:
    """A pinned release is built by the pins that its overlay needs now, which are those it has where nobody has edited it."""
    older = load_release(reach.CLOSELY[0])
    fewer = {path: names for path, names in older.definitions.items() if not path.endswith("oauth.py")}
    assert reach.with_present_pins(replace(older, definitions=fewer)) == older


def test_what_upstream_has_is_pinned_by_nobody_unseen() -> None:
    """Text that differs from what was pinned is refused in any release, and what is newly claimed in the newest."""
    older, newest = load_release(reach.CLOSELY[0]), load_release(pinned()[0])
    path, names = next((path, names) for path, names in older.definitions.items() if ":" in next(iter(names.values())))
    with pytest.raises(ForkError, match="1 pin"):
        reach.with_present_pins(replace(older, definitions={**older.definitions, path: {**names, next(iter(names)): "0:0"}}))
    with pytest.raises(ForkError, match="has no pin yet"):
        reach.with_present_pins(replace(newest, definitions={name: of for name, of in newest.definitions.items() if name != path}))


def test_nothing_is_installed_into_the_python_an_environment_was_made_from(tmp_path: Path) -> None:
    """An environment that an earlier run had half deleted is made anew: its interpreter is a link, and by itself no environment."""
    prefix = [str(reach._own_python(tmp_path)), "-c", "import sys; print(sys.prefix)"]
    (tmp_path / "venv" / "pyvenv.cfg").unlink()
    assert subprocess.run(prefix, check=True, capture_output=True, text=True).stdout.strip() != str(tmp_path / "venv")
    reach._own_python(tmp_path)
    assert subprocess.run(prefix, check=True, capture_output=True, text=True).stdout.strip() == str(tmp_path / "venv")


def test_what_two_releases_share_stays_compiled(tmp_path: Path) -> None:
    """After one release took another's place, a module with the same text keeps what it was compiled to, and another one does not."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (packages,) = tmp_path.glob("venv/lib/python*/site-packages")
    for version, text in (("1.0", b"x = 1\n"), ("1.1", b"x = 2\n")):
        reach._install(str(python), write_wheel(tmp_path, {"litellm/__init__.py": b"", "litellm/other.py": text}, version))
        compiled = {module.name: Path(cache_from_source(module)).exists() for module in (packages / "litellm").glob("*.py")}
        assert compiled == {"__init__.py": version == "1.1", "other.py": False}
        subprocess.run([str(python), "-c", "import litellm.other"], check=True, env={})
    said = subprocess.run([str(python), "-c", "import litellm.other; print(litellm.other.x)"], check=True, capture_output=True, text=True)
    assert said.stdout == "2\n"


@pytest.mark.parametrize(
    ("release", "file"),
    [
        ("1.95.1", "overrides-1.95.0-1.97.0.txt"),
        ("1.83.1", "overrides-1.83.1-1.83.14.txt"),
        ("1.83.14", "overrides-1.83.1-1.83.14.txt"),
        ("1.84.0", None),
        ("1.106.2", None),
    ],
)
def test_a_range_of_releases_has_its_overrides(release: str, file: str | None) -> None:
    """Overrides hold from the first to the last release in their name."""
    found = overrides_for(release)
    assert (found and found.name) == file


def test_a_run_fails_for_a_release_that_is_wrong_and_for_none_that_is_excluded() -> None:
    """A wrong call, a release that could not be run and a failed suite fail it; the releases that are refused by name do not."""
    refused = [Tried(name, [], [], "3", reason="It is excluded.") for name in excluded()]
    failed = replace(RIGHT, suites=Suites("5", 6098, 148, ["tests.wire::test"]))
    assert refused and came_out_right([*refused, RIGHT])
    assert [came_out_right([*refused, RIGHT, each]) for each in (WRONG, UNRUN, failed)] == [False] * 3


@pytest.mark.skipif(shutil.which("make") is None, reason="it takes make")
@pytest.mark.parametrize(("given", "runs_them"), [((), False), (("SUITES=1",), True)], ids=["reach", "reach SUITES=1"])
def test_make_runs_the_suites_where_it_is_asked_to(given: tuple[str, ...], runs_them: bool) -> None:
    """They take hours on all releases: `make reach` by itself runs none of them."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = subprocess.run(["make", "--dry-run", "reach", *given], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    (command,) = (line for line in done.stdout.splitlines() if "-m tests.reach" in line)
    assert ("--suites" in command.split()) is runs_them
