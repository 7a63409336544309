"""The fork as a whole: every overlay file of a line merged onto its upstream wheel, and the pins that hold it there."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from .errors import ForkError, ForkErrors
from .intents import INTENTS, load_intents, require_known
from .line import ADDED_PIN, Line, load_lines, new_modules, overlay_files
from .merge import Lost, LostClaims, Touch, merge
from .overlay import read_overlay, read_reason
from .source import Source
from .wheel import UpstreamWheel


@dataclass(frozen=True)
class Patch:
    """A line merged onto a wheel.

    files: the bytes of each touched or new module, by path. touches: what each touched module has of ours. new: the paths of new modules.
    lost: per path, the claims that have nowhere to go.
    """

    line: Line
    files: Mapping[str, bytes]
    touches: Mapping[str, tuple[Touch, ...]]
    new: tuple[str, ...]
    lost: Mapping[str, tuple[Lost, ...]]

    def pins(self) -> dict[str, dict[str, str]]:
        """The pins that hold for this wheel."""
        return {path: {touch.name: pin(touch) for touch in touches} for path, touches in self.touches.items() if touches}


Rank = Literal["gone", "twice", "taken", "signature", "body only", "unpinned"]
RANKS: tuple[Rank, ...] = get_args(Rank)


@dataclass(frozen=True)
class Drift:
    """A definition whose pin is missing or does not hold.

    rank: how bad it is, the worst first in RANKS. "taken" is what the fork added and upstream has now; "unpinned" is none of upstream's
    doing. text: upstream's text of it now, None if upstream has none.
    """

    path: str
    name: str
    rank: Rank
    why: str
    text: str | None


def pin(touch: Touch) -> str:
    """What the line file says of a touch: the sha256 of each part of upstream's text, with a colon between, or that upstream has none."""
    if touch.upstream is None:
        return ADDED_PIN
    return ":".join(hashlib.sha256(part.encode()).hexdigest() for part in touch.upstream)


def merge_line(line: Line, wheel: UpstreamWheel) -> Patch:
    """Merge every overlay file. Raises ForkError with all that does not fit."""
    patch = survey(line, wheel)
    if patch.lost:
        raise ForkErrors([each.refusal for lost in patch.lost.values() for each in lost])
    return patch


def survey(line: Line, wheel: UpstreamWheel) -> Patch:
    """Merge what has a place in the release, and tell what has none. Raises ForkError with all that does not fit otherwise."""
    declared, intents = new_modules(line), load_intents(line.root)
    files: dict[str, bytes] = {}
    touches: dict[str, tuple[Touch, ...]] = {}
    lost: dict[str, tuple[Lost, ...]] = {}
    used: set[str] = set()
    overlays = overlay_files(line)
    errors = [
        ForkError(f'{line.file} lists {path} under "new".', "There is no such file in the overlay.", "Delete the entry, or add the file.")
        for path in sorted(declared - overlays.keys())
    ]
    for path, file in overlays.items():
        try:
            source = Source.of_file(file, line.root)
            _require_place(line, source, path, declared, wheel)
            slug = read_reason(source).intent
            used.add(slug)
            require_known(slug, intents, source.name)
            if path in declared:
                files[path] = source.raw
            else:
                overlay = read_overlay(source)
                with _collector_paused():
                    merged = merge(Source(path, wheel.read(path), overlay.names), overlay)
                files[path], touches[path] = merged.data, merged.touches
        except LostClaims as error:
            touches[path], lost[path] = error.touches, error.lost
        except ForkError as error:
            errors.append(error)
    errors += [] if errors else _unused(intents.keys() - used, line)
    if errors:
        raise ForkErrors(errors + [each.refusal for claims in lost.values() for each in claims])
    return Patch(line, files, touches, tuple(sorted(declared)), lost)


def _unused(slugs: Set[str], line: Line) -> Iterator[ForkError]:
    """A refusal of each intent that neither this line, which uses none of these, nor another line has a file for."""
    if not slugs:
        return
    others = (other for other in load_lines(line.root) if other.name != line.name)
    used = {read_reason(Source.of_file(file, line.root)).intent for other in others for file in overlay_files(other).values()}
    for slug in sorted(slugs - used):
        yield ForkError(
            f"{INTENTS} declares the intent {slug}.", "No overlay file serves it.", "Name it in a file's docstring, or delete it there."
        )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection while a syntax tree grows: going through it again and again took two thirds of the parser's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _require_place(line: Line, source: Source, path: str, declared: frozenset[str], wheel: UpstreamWheel) -> None:
    if (path in declared) == (path in wheel.names):
        refusal = ForkError(
            f"{source.name} does not fit upstream.",
            f'{line.file.name} lists it under "new", and upstream {line.upstream} has that file.'
            if path in declared
            else f"Upstream {line.upstream} has no file {path}.",
            f'A touch belongs at the path of an upstream file. A new module, and no touch, is listed under "new" in {line.file.name}.',
        )
        raise LostClaims([Lost("", False, refusal)], ()) if path in line.definitions else refusal


def drift(patch: Patch) -> list[Drift]:
    """Every definition whose pin is missing, does not hold any more, or is no longer needed, the worst first."""
    pinned = patch.line.definitions
    found: list[Drift] = []
    for path, touches in patch.touches.items():
        for touch in touches:
            was = pinned.get(path, {}).get(touch.name)
            if was != pin(touch):
                text = None if touch.upstream is None else "".join(touch.upstream)
                found.append(Drift(path, touch.name, *_why(was, touch), text))
    for path in pinned.keys() | patch.lost.keys():
        found += _without_touch(patch, path)
    return sorted(found, key=lambda item: (RANKS.index(item.rank), item.path, item.name))


def _without_touch(patch: Patch, path: str) -> Iterator[Drift]:
    """What of a module is claimed or pinned and came to no touch."""
    touches = patch.touches.get(path, ())
    left = patch.line.definitions.get(path, {}).keys() - {touch.name for touch in touches}
    for lost in patch.lost.get(path, ()):
        names = {name for name in left if _is_within(name, lost.name)} or {lost.name or "all of it"}
        left -= names
        rank: Rank = "twice" if lost.twice else "gone"
        yield from (Drift(path, name, rank, f"has no one place: {lost.refusal.why}", None) for name in names)
    for name in left:
        if any(touch.upstream is None and _is_within(name, touch.name) for touch in touches):
            yield Drift(path, name, "gone", "was in a class that upstream has no more", None)
        else:
            yield Drift(path, name, "unpinned", "is pinned, and the overlay does not claim it", None)


def _is_within(name: str, outer: str) -> bool:
    return not outer or name == outer or name.startswith(f"{outer}.")


def _why(was: str | None, touch: Touch) -> tuple[Rank, str]:
    if was is None:
        return "unpinned", "has no pin yet"
    if was == ADDED_PIN:
        return "taken", "is pinned as added by the fork, and upstream has it now"
    if touch.upstream is None:
        return "gone", "is pinned as upstream's, and upstream has it no more"
    if len(touch.upstream) > 1 and was.split(":")[0] == pin(touch).split(":")[0]:
        return "body only", "has another body upstream than the one that was pinned"
    return "signature", "has another signature upstream than the one that was pinned"


def require_pins(patch: Patch) -> None:
    """Raises ForkError if any pin does not hold: nothing is built on upstream text that nobody has looked at."""
    drifted = drift(patch)
    if drifted:
        line = patch.line
        raise ForkError(
            f"{len(drifted)} pin(s) of line {line.name} do not hold for upstream {line.upstream}.",
            "\n       ".join(f"{item.rank}: {item.path}: {item.name} {item.why}" for item in drifted),
            f"Look at each with `python -m fork check --line {line.name}`, correct the overlay where needed, "
            f"then write the pins with `python -m fork pin --line {line.name}`.",
        )
