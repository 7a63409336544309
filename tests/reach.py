"""Try every release the fork may be built on, and write down what came of it: docs/releases.md and docs/releases.json.

    python -m tests.reach [--suites] [--release RELEASE | --since RELEASE]

A release is built from its pinned wheel, installed with its `proxy` extra, imported, and makes the demo's calls: each call path and route
once, and on the pinned releases that the suites run on, the newest patch release of each minor one and a release that is named, with the
token from every source and by upstream too, and with `--suites` passes the suites. Two are tried at a time (one, for the suites), each in
an environment that only changes where two releases ask for different things. What is written already and was tried with the same files is
not tried again, so that a run which was cut off goes on where it was; a release that is named is tried anew. One that is not pinned yet is
merged by the pins of the nearest, and pinned if every call comes out right and a newer one is pinned. Run by the interpreter of .venv: its
pip is asked which releases there are, and its uv installs.

Exit status: 0 if the fork is right on every call of every release but the excluded ones, and the suites that were run passed, 1 if not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final, Literal

from demo.cells import right
from demo.sides import CallsFailed, Side, installed_release, made
from fork.backend import build
from fork.errors import ForkError
from fork.files import write_atomically
from fork.layers import layers, overlay_of
from fork.move import unpinned_release
from fork.patch import drift, merge_release, require_pins
from fork.release import PACKAGE, ROOT, Release, excluded, load_release, nearest, order, pinned
from fork.upstream import open_wheel
from tests.support.overrides import overrides_for

TABLE, RECORD = ROOT / "docs" / "releases.md", ROOT / "docs" / "releases.json"
AT_A_TIME = 2
# The first release that the fork is for, and those that the suites run on beside the newest patch release of each minor one.
FIRST: Final = "1.81.0"
CLOSELY: Final = ("1.81.3", "1.106.2")
_UV = Path(sys.executable).parent / "uv"
_TEST_REQUIREMENTS = ROOT / "requirements" / "test.txt"

# What runs on a release that is not the newest: the rest of tests/ is about the tool and the documents.
_SUITES: Final = ("tests/wire", "tests/test_litellm", "tests/proxy", "tests/pressure")
# What the suites compare with, measured once a release.
_SENT_BY_UPSTREAM: Final = ROOT / "tests" / "wire" / "upstream"

Which = Literal["upstream", "fork"]


@dataclass(frozen=True)
class Tally:
    """How many calls were made, how many of them came out right, and which did not: the call, and what went out and was answered."""

    calls: int
    right: int
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Suites:
    """What pytest said of the suites. tried_with: a digest of the overlay and of the suites. failed: the names of the tests that did."""

    tried_with: str
    passed: int
    skipped: int
    failed: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class Tried:
    """What came of a release. tried_with, upstream_with: digests of the overlay and of the calls, and of the calls alone.

    reason: why it could not be run; empty if it was.
    """

    release: str
    layers: Sequence[str]
    overrides: Sequence[str]
    tried_with: str
    upstream_with: str = ""
    upstream: Tally | None = None
    fork: Tally | None = None
    suites: Suites | None = None
    reason: str = ""

    @property
    def is_right(self) -> bool:
        return self.fork is not None and 0 < self.fork.calls == self.fork.right


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.reach", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--release", help="try this release only, anew, with every source")
    which.add_argument("--since", metavar="RELEASE", help="try this release and every newer one")
    parser.add_argument("--suites", action="store_true", help="run the suites as well, on those releases that make every call")
    options = parser.parse_args()
    # A release's modules are compiled once for the processes that import them.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    shutil.rmtree(_folder(), ignore_errors=True)
    names = [options.release] if options.release else [name for name in available() if order(name) >= order(options.since or "0")]
    closely = {options.release} if options.release else closely_tried(names)
    results = read(RECORD)
    if options.release:
        results.pop(options.release, None)
    try:
        for side in ("fork", "upstream"):
            _try_all(side, names, closely, results)
        if options.suites:
            _run_all_suites([name for name in names if name in closely and not results[name].reason], results)
    finally:
        shutil.rmtree(_folder(), ignore_errors=True)
    return 0 if came_out_right(results[name] for name in names) else 1


def came_out_right(results: Iterable[Tried]) -> bool:
    """Whether each release is right on every call and passed the suites that were run. What is excluded is refused, as it is to be."""
    return all(each.release in excluded() or (each.is_right and not (each.suites and each.suites.failed)) for each in results)


def _try_all(side: Which, names: Sequence[str], closely: set[str], results: dict[str, Tried]) -> None:
    """Try one side of each release that is not written down yet, and write it down."""
    asked = names if side == "fork" else [name for name in names if name in closely and not results[name].reason]
    wanted = [name for name in asked if not _is_tried(results.get(name), untried(name, name in closely), side)]
    print(f"{side}: {len(asked)} release(s), {len(asked) - len(wanted)} of them tried already.", flush=True)
    slots: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for number in range(AT_A_TIME):
        slots.put(_folder() / str(number))

    def run(name: str) -> tuple[Tried, Release | None, float]:
        slot, began = slots.get(), time.monotonic()
        try:
            return *tried(name, side, slot, every_source=name in closely), time.monotonic() - began
        finally:
            slots.put(slot)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for number, done in enumerate(as_completed([pool.submit(run, name) for name in wanted]), 1):
            result, release, seconds = done.result()
            if side == "fork" and release is not None and result.is_right:
                _keep_pins(release)
            results[result.release] = _beside(results.get(result.release), result, side)
            write(results)
            print(f"[{number}/{len(wanted)}] {seconds:.0f} s {row(results[result.release])}", flush=True)


def _is_tried(known: Tried | None, now: Tried, side: Which) -> bool:
    if known is None:
        return False
    if side == "fork":
        return known.tried_with == now.tried_with
    return known.upstream is not None and known.upstream_with == now.upstream_with


def _beside(known: Tried | None, result: Tried, side: Which) -> Tried:
    """One side's new result beside what is known of a release."""
    if known is None:
        return result
    if side == "upstream":
        return replace(known, upstream=result.upstream, upstream_with=result.upstream_with)
    return replace(result, upstream=known.upstream, upstream_with=known.upstream_with, suites=known.suites)


def _run_all_suites(names: Sequence[str], results: dict[str, Tried]) -> None:
    """Run the suites on each release that has not passed them as they are now, and write down what they said."""
    wanted = [name for name in names if (known := results[name].suites) is None or known.tried_with != _suites_digest(name)]
    print(f"suites: {len(names)} release(s), {len(names) - len(wanted)} of them tried already.", flush=True)
    for number, name in enumerate(reversed(wanted), 1):
        began = time.monotonic()
        results[name] = replace(results[name], suites=_suites(name, _folder() / "0"))
        write(results)
        print(f"[{number}/{len(wanted)}] {time.monotonic() - began:.0f} s {row(results[name])}", flush=True)


def _suites(name: str, slot: Path) -> Suites:
    """What the suites say of a release's fork, installed into a slot's environment, once it is known what upstream sends there."""
    release, report = merged(name), slot / "suites.xml"
    with open_wheel(release) as upstream:
        wheel = upstream.path
    python = _environment(slot, wheel)
    if not (_SENT_BY_UPSTREAM / f"{name}.json").is_file():
        _install(python, wheel)
        measured = subprocess.run([python, "-m", "tests.wire.upstream"], capture_output=True, text=True, cwd=ROOT)
        if measured.returncode:
            raise SystemExit(f"error: What upstream sends could not be measured on {name}:\n{measured.stderr[-2000:]}")
    _install(python, build(release, None, slot / "dist"))
    shutil.rmtree(slot / "dist")
    options = ["--quiet", "--disable-warnings", "--numprocesses", "2", "-p", "no:cacheprovider"]
    command = [python, "-m", "pytest", *_SUITES, *options, f"--junitxml={report}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode not in (0, 1):
        raise SystemExit(f"error: The suites could not be run on {name}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cases = list(ET.parse(report).iter("testcase"))
    failed = [f"{case.get('classname')}::{case.get('name')}" for case in cases if {each.tag for each in case} & {"failure", "error"}]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Suites(_suites_digest(name), len(cases) - skipped - len(failed), skipped, failed)


def _suites_digest(name: str) -> str:
    suites = (file for folder in (*_SUITES, "tests/support") for file in ROOT.glob(f"{folder}/**/*.py"))
    return _digest([*_overlay(name), ROOT / "tests" / "conftest.py", *suites])


def _overlay(name: str) -> list[Path]:
    return [*overlay_of([layer for layer in layers(ROOT) if layer.holds_for(name)]).values()]


def _digest(files: Iterable[Path], *others: object) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files)) + repr(others).encode()).hexdigest()[:16]


def _keep_pins(release: Release) -> None:
    """Write the pins of a release that came out right. One that is newer than all would be built by default: that takes a human."""
    if order(release.name) < order(pinned()[0]) and (release.name not in pinned() or load_release(release.name) != release):
        release.save()


def available() -> list[str]:
    """The stable releases that the index has, the pinned and the excluded ones, the oldest first: pins of a newer one name an older.

    Raises SystemExit where pip cannot tell.
    """
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True)
    listed = re.search(r"^Available versions: (.*)", done.stdout, re.MULTILINE)
    if listed is None:
        sys.exit(f"error: pip does not tell which releases there are:\n{done.stderr}")
    stable = {name for name in listed[1].split(", ") if re.fullmatch(r"[\d.]+", name)}
    return sorted((name for name in stable | {*pinned()} | excluded().keys() if order(name) >= order(FIRST)), key=order)


def closely_tried(names: Iterable[str]) -> set[str]:
    """The releases that make each call with the token from every source: the newest to be had of each minor one and those of the suites."""
    newest: dict[str, str] = {}
    for name in sorted(set(names) - excluded().keys(), key=order):
        newest[name.rpartition(".")[0]] = name
    return {*newest.values(), *CLOSELY}


def untried(name: str, every_source: bool = False) -> Tried:
    """What is known of a release before it is tried."""
    override = overrides_for(name)
    calls = [*ROOT.glob("demo/*.py"), *ROOT.glob("tests/support/*.py"), _TEST_REQUIREMENTS, *([override] if override else [])]
    text = override.read_text("utf-8").splitlines() if override else []
    laid = [layer.name for layer in layers(ROOT) if layer.holds_for(name)]
    overridden = [line for line in text if line[:1] != "#"]
    digests = _digest([*_overlay(name), *calls], every_source), _digest(calls, every_source)
    return Tried(name, laid[1:], overridden, *digests)


def tried(name: str, side: Which, slot: Path, *, every_source: bool) -> tuple[Tried, Release | None]:
    """Try one side of a release: what came of it, and the release with its pins, None where it could not be built."""
    start = untried(name, every_source)
    release: Release | None = None
    try:
        release = merged(name)
        with open_wheel(release) as upstream:
            wheel = upstream.path
        python = _environment(slot, wheel)
        with_calls = _tally(side, python, wheel if side == "upstream" else build(release, None, slot / "dist"), every_source)
        return replace(start, upstream=with_calls) if side == "upstream" else replace(start, fork=with_calls), release
    except (ForkError, CallsFailed) as error:
        return replace(start, reason=_reason(error)), release
    finally:
        shutil.rmtree(slot / "dist", ignore_errors=True)


def _reason(error: Exception) -> str:
    """An error in a line of the table: its first words and its last, which of a traceback is what was raised."""
    if isinstance(error, ForkError):
        return f"{error.what} {error.why}"
    first, *others = filter(None, (line.strip() for line in str(error).replace(f"{ROOT}/", "").splitlines()))
    return " ".join([first, *others[-1:]])[:400]


def merged(name: str) -> Release:
    """A release with the pins that hold for the overlay as it is; one without pins is compared with the nearest."""
    if name in pinned():
        return with_present_pins(load_release(name))
    release, before = unpinned_release(name, ROOT), nearest(name)
    with open_wheel(release) as upstream:
        patch = merge_release(replace(release, definitions=before.definitions if before else {}), upstream)
    return replace(release, definitions=patch.pins())


def with_present_pins(release: Release) -> Release:
    """A pinned release with the pins that hold for the overlay as it is.

    Raises ForkError where upstream's text is not what was pinned. What the overlay newly claims in an older release is judged by how the
    calls come out; in the newest, somebody has to have looked at it.
    """
    with open_wheel(release) as upstream:
        patch = merge_release(release, upstream)
    if release.name == pinned()[0] or any(item.rank not in ("unpinned", "unclaimed") for item in drift(patch)):
        require_pins(patch)
    return replace(release, definitions=patch.pins())


def _folder() -> Path:
    return ROOT / "build" / "reach"


def _environment(slot: Path, wheel: Path) -> str:
    """A slot's environment with just what a release asks for but itself, and what the calls need; its interpreter."""
    override = overrides_for(wheel.name.split("-")[1])
    options = ["--override", str(override)] if override else []
    python = _own_python(slot)
    asked = f"{PACKAGE}[proxy] @ {wheel.as_uri()}\n"
    command = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python", str(python), *options]
    locked = _uv_cached(*command, str(_TEST_REQUIREMENTS), "-", given=asked)
    others = "\n".join(line for line in locked.splitlines() if not line.startswith(f"{PACKAGE} ") and not line.startswith(f"{PACKAGE}["))
    _uv_cached("pip", "sync", "--quiet", "--python", str(python), "-", given=others)
    return str(python)


def _own_python(slot: Path) -> Path:
    """The interpreter of a slot's environment, which is made where it is not whole.

    What a run that was ended half-way through deleting one leaves is a link to the Python it was made from: uv would install into that.
    """
    if not (slot / "venv" / "pyvenv.cfg").is_file():
        shutil.rmtree(slot / "venv", ignore_errors=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(slot / "venv"))
    return slot / "venv" / "bin" / "python"


def _tally(side: Which, python: str, wheel: Path, every_source: bool) -> Tally:
    """Put a wheel into the environment, and have it make the calls."""
    _install(python, wheel)
    where = Side(side, python, installed_release(python))
    cells = made(where, ["SDK", "proxy"], lambda _: None, once=not every_source)
    wrong = {" | ".join(cell.key): cell.outcome for cell in cells if not cell.is_right} if side == "fork" else {}
    return Tally(len(cells), right(cells), wrong)


def _install(python: str, wheel: Path) -> None:
    """Install a wheel in place of the release before it; of modules that are the same in both, what they were compiled to is kept."""
    venv = Path(python).parent.parent
    (packages,) = venv.glob("lib/python*/site-packages")
    package, before = packages / PACKAGE, venv / "before"
    shutil.rmtree(before, ignore_errors=True)
    if package.is_dir():
        package.rename(before)
    # Past uv's cache, which would keep 200 MB of each release.
    _uv("pip", "install", "--quiet", "--no-deps", "--no-cache", "--reinstall", "--python", python, str(wheel))
    for module in package.rglob("*.py"):
        old = before / module.relative_to(package)
        compiled = Path(cache_from_source(old))
        if compiled.is_file() and old.read_bytes() == module.read_bytes():
            os.utime(module, ns=(old.stat().st_atime_ns, old.stat().st_mtime_ns))
            kept = Path(cache_from_source(module))
            kept.parent.mkdir(exist_ok=True)
            compiled.replace(kept)
    shutil.rmtree(before, ignore_errors=True)


def _uv_cached(*arguments: str, given: str) -> str:
    """What uv says by its cache alone, where it has all; it would ask the index about each of 150 packages for every release."""
    try:
        return _uv(*arguments, "--offline", given=given)
    except CallsFailed:
        return _uv(*arguments, given=given)


def _uv(*arguments: str, given: str = "") -> str:
    done = subprocess.run([str(_UV), *arguments], input=given, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise CallsFailed(f"uv {' '.join(arguments[:2])}: {done.stderr[-600:]}")
    return done.stdout


def read(record: Path) -> dict[str, Tried]:
    """What earlier runs wrote, by release."""
    content = json.loads(record.read_bytes()) if record.is_file() else {}
    return {name: _of_json(name, entry) for name, entry in content.items()}


def _of_json(name: str, entry: Mapping[str, Any]) -> Tried:
    kinds = {"upstream": Tally, "fork": Tally, "suites": Suites}
    return Tried(name, **{key: kinds[key](**value) if key in kinds and value else value for key, value in entry.items()})


def write(results: Mapping[str, Tried]) -> None:
    """Write what came of every release, the newest first, for readers and for programs."""
    ordered = [results[name] for name in sorted(results, key=order, reverse=True)]
    content = {result.release: {name: value for name, value in asdict(result).items() if name != "release"} for result in ordered}
    write_atomically(RECORD, (json.dumps(content, indent=1) + "\n").encode())
    write_atomically(TABLE, ("\n".join(table(ordered)) + "\n").encode())


def table(results: Sequence[Tried]) -> Iterator[str]:
    """docs/releases.md, line by line."""
    yield "# Releases\n"
    yield "Written by `make reach`, which builds, installs, imports and runs each stable release. Each call path and route is called with"
    yield "an OAuth token once; on the newest patch release of each minor one, on 1.81.3 and on 1.106.2 once for each source that a token"
    yield "can come from, and by upstream as well; `make reach SUITES=1` also runs the suites there, and says how many tests passed and how"
    yield "many were skipped. A call is right if the token went out as Anthropic takes it, and was answered. Of the"
    yield "layers in `backports/` the oldest is named that a release is built with; the newer ones are laid below it. Where a side is"
    yield "empty, it has not been run."
    yield "[releases.json](releases.json) has all of this for programs, with each call that was not right.\n"
    yield f"{sum(result.is_right for result in results)} of {len(results)} releases are right on every call.\n"
    yield "| release | layer | upstream right | fork right | suites | why not, or installed with |\n|---|---|---|---|---|---|"
    yield from map(row, results)


def row(result: Tried) -> str:
    """A release in the table."""
    sides = [f"{side.right} of {side.calls}" if side else "" for side in (result.upstream, result.fork)]
    sides.append(_summary(result.suites) if result.suites else "")
    note = result.reason or ", ".join(f"`{line}`" for line in result.overrides)
    return " | ".join(("| " + result.release, result.layers[-1] if result.layers else "none", *sides, note.replace("|", "\\|") + " |"))


def _summary(suites: Suites) -> str:
    failed = f"{len(suites.failed)} failed, " if suites.failed else ""
    return f"{failed}{suites.passed:,} passed, {suites.skipped:,} skipped"


if __name__ == "__main__":
    sys.exit(main())
