"""The overlay as patches for upstream's repository: what `git am` takes, each with its pull request's text beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cuts import Cuts, cut
from .diff import file_patch
from .errors import ForkError
from .files import write_atomically
from .patch import merge_release, require_pins
from .pulls import PULLS, Pull, load_pulls, load_request
from .release import SETTINGS, Release
from .wheel import UpstreamWheel

# As git says that a patch is of no commit (`git format-patch --zero-commit`): one of a commit would differ on every run.
_NO_COMMIT = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"
# Any date of the day would give other bytes tomorrow.
_DATE = "Thu, 1 Jan 2026 00:00:00 +0000"
_AUTHOR = re.compile(r"[ -~]+ <[!-~]+@[!-~]+>")
_WRITTEN = re.compile(r"\d{4}-[a-z-]+\.(patch|md)")
_NAME = re.compile(r"{{([\w ]+)}}")
# Upstream's template asks for no heading that has nothing below it.
_EMPTY = re.compile(r"^## .+\n\n\n\n", re.MULTILINE)
# The names of upstream's template.
_TYPES = {"feat": "🆕 New Feature", "fix": "🐛 Bug Fix", "refactor": "🧹 Refactoring", "docs": "📖 Documentation", "test": "✅ Test"}
_NOT_RUN = "its tests were not run for this text (`python -m fork series --prove` runs them)"


@dataclass(frozen=True)
class Step:
    """One patch of a series.

    before, after: the files it changes by path, None where there is none. needs: the subjects of the earlier ones that it stands on.
    notes: what it changes, a line a file.
    """

    number: int
    pull: Pull
    before: Mapping[str, bytes | None]
    after: Mapping[str, bytes]
    needs: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.number:04}-{self.pull.slug}"


def steps(release: Release, wheel: UpstreamWheel) -> list[Step]:
    """The patches of a release in their order, each on top of those before it.

    Raises ForkError where a pin does not hold, where a touch is in no patch, and where the last patch gives anything but the fork.
    """
    patch = merge_release(release, wheel)
    require_pins(patch)
    pulls = load_pulls(release.root)
    cuts = cut(patch, pulls)
    found = [_step(number, each, pulls, cuts, wheel) for number, each in enumerate(cuts.numbers, 1)]
    there = {path: data for step in found for path, data in step.after.items() if path in patch.files}
    if there != patch.files:
        path = next(path for path in patch.files if there.get(path) != patch.files[path])
        raise ForkError(f"{path} is another once all patches are applied.", "Its parts do not add up.", "Report this: the tool is wrong.")
    return found


def _step(number: int, cut_number: int, pulls: Sequence[Pull], cuts: Cuts, wheel: UpstreamWheel) -> Step:
    pull = pulls[cut_number]
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    for path in cuts.changed(cut_number):
        before[path], data = (cuts.file(path, last, wheel) for last in (cut_number - 1, cut_number))
        assert data is not None
        after[path] = data
    for path in pull.tests:
        before[path], after[path] = None, (cuts.patch.release.root / path).read_bytes()
    needs = tuple(pulls[each].subject for each in cuts.needs(cut_number))
    return Step(number, pull, before, after, needs, tuple(_notes(cut_number, cuts)))


def _notes(number: int, cuts: Cuts) -> Iterator[str]:
    """What a pull changes, a line a file."""
    for path in cuts.changed(number):
        # A reader looks for what others call; a type variable is nothing to look for either.
        names = [f"`{name}`" for name in cuts.names(path, number) if cuts.of[path, name] == number and name[0] != "_" and len(name) > 1]
        if path in cuts.patch.touches:
            touches = [touch for touch in cuts.patch.touches[path] if cuts.of[path, touch.name.split(".")[0]] == number]
            told = [f"`{touch.name}` ({touch.how})" for touch in touches] + [name for name in names if name.startswith("`@")]
            yield f"- `{path}`: {', '.join(told) or 'imports'}"
        else:
            is_new = all(cuts.of[path, name] >= number for name in cuts.parts[path].definitions)
            yield f"- `{path}`{' (new)' if is_new else ''}: {', '.join(names) or 'what these use'}"


def mail(step: Step, count: int, author: str) -> bytes:
    """A patch as `git am` takes it. The same step gives the same bytes. Raises ForkError for a file that no mail can carry as it is."""
    returns = [path for path, data in step.after.items() if b"\r" in data]
    if returns:
        raise ForkError(
            f"{returns[0]} has carriage returns.",
            "`git am` takes them off the lines of a mail.",
            "Give a wheel without any, such as the one for Linux, with --from.",
        )
    fixes = "".join(f"\nFixes {issue}" for issue in step.pull.fixes)
    head = f"""\
{_NO_COMMIT}
From: {author}
Date: {_DATE}
Subject: [PATCH {step.number}/{count}] {step.pull.subject}
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

{step.pull.message}
{fixes and f"{fixes}{chr(10)}"}---
"""
    lines = (line for path in sorted(step.after) for line in file_patch(path, step.before[path], step.after[path]))
    return head.encode() + b"".join(lines)


def request(step: Step, release: Release, proof: str | None) -> str:
    """The text of a step's pull request. Raises ForkError where the frame names what the step's text does not have."""
    stands_on = ", ".join(f"`{subject}`" for subject in step.needs)
    said = {
        "Caveats": "",
        **step.pull.sections,
        "needs": f"It stands on {stands_on}." if stands_on else "It stands on no other change.",
        "issues": "\n".join(f"Fixes {issue}" for issue in step.pull.fixes),
        "tests": proof or _NOT_RUN,
        "ran": "x" if proof else " ",
        "release": f"release {release.name}",
        "type": _TYPES[step.pull.subject.split("(")[0].split(":")[0]],
        "changes": "\n".join(step.notes),
    }
    frame = load_request(release.root)
    missing = [name for name in _NAME.findall(frame) if name not in said]
    if missing:
        raise ForkError(
            f"{step.pull.file} has no section {missing[0]!r}.", f"{PULLS}/request.md asks for it.", "Write it, or correct the name."
        )
    return _EMPTY.sub("", _NAME.sub(lambda match: said[match[1]], frame))


def write_series(files: Mapping[str, bytes], out: Path) -> None:
    """Write patches and texts into a folder. Raises ForkError for a folder that holds anything else, and leaves it as it is."""
    others = [file.name for file in out.iterdir() if not _WRITTEN.fullmatch(file.name)] if out.is_dir() else []
    if others:
        raise ForkError(f"{out} is in the way.", f"It holds {others[0]}, which is no patch of a series.", "Name an empty or a new folder.")
    for name, data in files.items():
        write_atomically(out / name, data)
    for file in out.iterdir():
        if file.name not in files:
            file.unlink()


def author(given: str | None, root: Path) -> str:
    """Who the patches are from: as given, else as fork.json says, so that they are the same bytes on every machine."""
    content: Any = json.loads((root / SETTINGS).read_bytes())
    name = given if given is not None else content.get("author")
    if not isinstance(name, str) or not _AUTHOR.fullmatch(name):
        raise ForkError(
            f"The author of the patches is {name!r}.",
            "Git takes `Name <mail@host>`, here in ASCII.",
            f'Give one with `--author`, or as "author" in {SETTINGS}.',
        )
    return name
