"""Try every release the fork may be built on, and write down what came of it: docs/releases.md and docs/releases.json.

    python -m tests.reach [--release RELEASE | --since RELEASE]

A release is built from its pinned wheel, installed with its `proxy` extra, and makes the demo's calls, once as upstream has it and once
as the fork. Two are tried at a time. What is written already and was tried with the same overlay and calls is not tried again, so that
a run which was cut off goes on where it was; a release that is named is tried anew. One that is not pinned yet is merged by the pins of
the nearest, and pinned if every call comes out right and a newer one is pinned. Run by the interpreter of .venv: its pip is asked which
releases there are, and its uv installs.

Exit status: 0 if the fork is right on every call of every release tried, 1 if not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from demo.cells import right
from demo.sides import CallsFailed, Side, installed_release, made
from fork.backend import build
from fork.errors import ForkError
from fork.files import write_atomically
from fork.layers import layers, overlay_of
from fork.move import unpinned_release
from fork.patch import merge_release
from fork.release import PACKAGE, ROOT, Release, load_release, nearest, order, pinned
from fork.upstream import open_wheel
from tests.support.overrides import overrides_for

TABLE, RECORD = ROOT / "docs" / "releases.md", ROOT / "docs" / "releases.json"
AT_A_TIME = 2
_UV = Path(sys.executable).parent / "uv"
_TEST_REQUIREMENTS = ROOT / "requirements" / "test.txt"


@dataclass(frozen=True)
class Tally:
    """How many calls were made, how many of them came out right, and which did not: the call, and what went out and was answered."""

    calls: int
    right: int
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tried:
    """What came of a release. tried_with: a digest of the overlay and of the calls. reason: why it could not be run; empty if it was."""

    release: str
    layers: Sequence[str]
    overrides: Sequence[str]
    tried_with: str
    upstream: Tally | None = None
    fork: Tally | None = None
    reason: str = ""

    @property
    def is_right(self) -> bool:
        return self.fork is not None and 0 < self.fork.calls == self.fork.right


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.reach", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--release", help="try this release only, and anew")
    which.add_argument("--since", metavar="RELEASE", help="try this release and every newer one")
    options = parser.parse_args()
    results = read(RECORD)
    names = [options.release] if options.release else [name for name in available() if order(name) >= order(options.since or "0")]
    wanted = [name for name in names if options.release or name not in results or results[name].tried_with != untried(name).tried_with]
    print(f"{len(names)} release(s), {len(names) - len(wanted)} of them tried already.", flush=True)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = [pool.submit(tried, name) for name in wanted]
        for number, done in enumerate(as_completed(running), 1):
            result, release = done.result()
            # A newer one than is pinned would be what is built by default, and that takes a human: `python -m fork move`.
            if release is not None and result.is_right and result.release not in pinned() and order(release.name) < order(pinned()[0]):
                release.save()
            results[result.release] = result
            write(results)
            print(f"[{number}/{len(wanted)}] {row(result)}", flush=True)
    return 0 if all(results[name].is_right for name in names) else 1


def available() -> list[str]:
    """The stable releases that the index has, and the pinned ones, the newest first. Raises SystemExit where pip cannot tell."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True)
    listed = re.search(r"^Available versions: (.*)", done.stdout, re.MULTILINE)
    if listed is None:
        sys.exit(f"error: pip does not tell which releases there are:\n{done.stderr}")
    stable = {name for name in listed[1].split(", ") if re.fullmatch(r"[\d.]+", name)}
    oldest = min(pinned(), key=order)
    return sorted((name for name in stable | {*pinned()} if order(name) >= order(oldest)), key=order, reverse=True)


def untried(name: str) -> Tried:
    """What is known of a release before it is tried."""
    laid = [layer for layer in layers(ROOT) if layer.holds_for(name)]
    override = overrides_for(name)
    files = [*overlay_of(laid).values(), *ROOT.glob("demo/*.py"), *ROOT.glob("tests/support/*.py"), _TEST_REQUIREMENTS]
    files += [override] if override else []
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files)))
    text = override.read_text("utf-8").splitlines() if override else []
    return Tried(name, [layer.name for layer in laid[1:]], [line for line in text if line[:1] != "#"], digest.hexdigest()[:16])


def tried(name: str) -> tuple[Tried, Release | None]:
    """Try a release: what came of it, and the release with its pins, None where it could not be built."""
    start, folder = untried(name), ROOT / "build" / "reach" / name
    shutil.rmtree(folder, ignore_errors=True)
    release: Release | None = None
    try:
        release = pinned_or_merged(name)
        with open_wheel(release) as upstream:
            wheel = upstream.path
        python = _environment(folder / "venv", wheel)
        theirs = _tally("upstream", python, wheel)
        ours = _tally("the fork", python, build(release, None, folder))
        return replace(start, upstream=theirs, fork=ours), release
    except (ForkError, CallsFailed) as error:
        return replace(start, reason=" ".join(str(error).split())[:400]), release
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pinned_or_merged(name: str) -> Release:
    """A release by its pins; one without, by the pins that are right now, if all that the overlay claims has a place there."""
    if name in pinned():
        return load_release(name)
    release, before = unpinned_release(name, ROOT), nearest(name)
    with open_wheel(release) as upstream:
        patch = merge_release(replace(release, definitions=before.definitions if before else {}), upstream)
    return replace(release, definitions=patch.pins())


def _environment(folder: Path, wheel: Path) -> str:
    """An environment with all that a release asks for but itself, and with what the calls need; its interpreter."""
    override = overrides_for(wheel.name.split("-")[1])
    options = ["--override", str(override)] if override else []
    asked = f"{PACKAGE}[proxy] @ {wheel.as_uri()}\n"
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = str(folder / "bin" / "python")
    command = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python", python, *options, str(_TEST_REQUIREMENTS), "-"]
    locked = _uv(*command, given=asked)
    others = "\n".join(line for line in locked.splitlines() if not line.startswith(f"{PACKAGE} ") and not line.startswith(f"{PACKAGE}["))
    _uv("pip", "install", "--quiet", "--no-deps", "--python", python, "--requirement", "-", given=others)
    return python


def _tally(side: str, python: str, wheel: Path) -> Tally:
    """Put a wheel into the environment, and have it make the calls."""
    # Past uv's cache, which would keep 200 MB of each release.
    _uv("pip", "install", "--quiet", "--no-deps", "--no-cache", "--reinstall", "--python", python, str(wheel))
    where = Side(side, python, installed_release(python))
    print(f"  {where.release}: calling", flush=True)
    cells = [*made(where, "SDK", lambda _: None), *made(where, "proxy", lambda _: None)]
    wrong = {" | ".join(cell.key): cell.outcome for cell in cells if not cell.is_right} if side == "the fork" else {}
    return Tally(len(cells), right(cells), wrong)


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
    tallies = {side: Tally(**entry[side]) if entry[side] else None for side in ("upstream", "fork")}
    return Tried(name, entry["layers"], entry["overrides"], entry["tried_with"], **tallies, reason=entry["reason"])


def write(results: Mapping[str, Tried]) -> None:
    """Write what came of every release, the newest first, for readers and for programs."""
    ordered = [results[name] for name in sorted(results, key=order, reverse=True)]
    content = {result.release: {name: value for name, value in asdict(result).items() if name != "release"} for result in ordered}
    write_atomically(RECORD, (json.dumps(content, indent=1) + "\n").encode())
    write_atomically(TABLE, ("\n".join(table(ordered)) + "\n").encode())


def table(results: Sequence[Tried]) -> Iterator[str]:
    """docs/releases.md, line by line."""
    yield "# Releases\n"
    yield "Written by `make reach`, which builds, installs and runs each release, once as upstream has it and once as the fork."
    yield "A call is one call path or route with an OAuth token from one source; it is right if the token went out as Anthropic takes it,"
    yield "and was answered. Layers are those of `backports/` that are laid over `litellm/`. [releases.json](releases.json) has the same"
    yield "for programs, with each call that was not right.\n"
    yield f"{sum(result.is_right for result in results)} of {len(results)} releases are right on every call.\n"
    yield "| release | layers | upstream right | fork right | why not, or installed with |\n|---|---|---|---|---|"
    yield from map(row, results)


def row(result: Tried) -> str:
    """A release in the table."""
    sides = (f"{side.right} of {side.calls}" if side else "" for side in (result.upstream, result.fork))
    note = result.reason or ", ".join(f"`{line}`" for line in result.overrides)
    return " | ".join(("| " + result.release, ", ".join(result.layers) or "none", *sides, note.replace("|", "\\|") + " |"))


if __name__ == "__main__":
    sys.exit(main())
