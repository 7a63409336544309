"""The fork as a whole: every overlay file of a line merged onto its upstream wheel, and the pins that hold it there."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import ForkError, ForkErrors
from .line import ADDED_PIN, Line, new_modules, overlay_files
from .merge import Touch, merge
from .overlay import read_overlay, read_reason
from .source import Source
from .wheel import UpstreamWheel


@dataclass(frozen=True)
class Patch:
    """A line merged onto a wheel.

    files: the bytes of each touched or new module, by path. touches: what each touched module has of ours. new: the paths of new modules.
    """

    line: Line
    files: Mapping[str, bytes]
    touches: Mapping[str, tuple[Touch, ...]]
    new: tuple[str, ...]

    def pins(self) -> dict[str, dict[str, str]]:
        """The pins that hold for this wheel."""
        return {path: {touch.name: pin(touch) for touch in touches} for path, touches in self.touches.items() if touches}


@dataclass(frozen=True)
class Drift:
    """A definition whose pin does not hold. text: upstream's text of it now, None if upstream has none."""

    path: str
    name: str
    why: str
    text: str | None


def pin(touch: Touch) -> str:
    """What the line file says of a touch: the sha256 of upstream's text, or that upstream has none."""
    return ADDED_PIN if touch.upstream is None else hashlib.sha256(touch.upstream.encode()).hexdigest()


def merge_line(line: Line, wheel: UpstreamWheel) -> Patch:
    """Merge every overlay file. Raises ForkError with all that does not fit."""
    declared = new_modules(line)
    files: dict[str, bytes] = {}
    touches: dict[str, tuple[Touch, ...]] = {}
    overlays = overlay_files(line)
    errors = [
        ForkError(f'{line.file} lists {path} under "new".', "There is no such file in the overlay.", "Delete the entry, or add the file.")
        for path in sorted(declared - overlays.keys())
    ]
    for path, file in overlays.items():
        try:
            source = Source(file.relative_to(line.root).as_posix(), file.read_bytes())
            _require_place(line, source, path, declared, wheel)
            if path in declared:
                read_reason(source)
                files[path] = source.raw
            else:
                overlay = read_overlay(source)
                with _collector_paused():
                    merged = merge(Source(path, wheel.read(path), overlay.words), overlay)
                files[path], touches[path] = merged.data, merged.touches
        except ForkError as error:
            errors.append(error)
    if errors:
        raise ForkErrors(errors)
    return Patch(line, files, touches, tuple(sorted(declared)))


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
        raise ForkError(
            f"{source.name} does not fit upstream.",
            f'{line.file.name} lists it under "new", and upstream {line.upstream} has that file.'
            if path in declared
            else f"Upstream {line.upstream} has no file {path}.",
            f'A touch belongs at the path of an upstream file. A new module, and no touch, is listed under "new" in {line.file.name}.',
        )


def drift(patch: Patch) -> list[Drift]:
    """Every definition whose pin is missing, does not hold any more, or is no longer needed."""
    pinned = patch.line.definitions
    found: list[Drift] = []
    for path, touches in patch.touches.items():
        for touch in touches:
            was = pinned.get(path, {}).get(touch.name)
            if was != pin(touch):
                found.append(Drift(path, touch.name, _why(was, touch), touch.upstream))
    now = patch.pins()
    for path, names in pinned.items():
        for name in names.keys() - now.get(path, {}).keys():
            found.append(Drift(path, name, "is pinned, and the overlay does not claim it", None))
    return found


def _why(was: str | None, touch: Touch) -> str:
    if was is None:
        return "has no pin yet"
    if was == ADDED_PIN:
        return "is pinned as added by the fork, and upstream has it now"
    if touch.upstream is None:
        return "is pinned as upstream's, and upstream has it no more"
    return "has changed upstream since it was pinned"


def require_pins(patch: Patch) -> None:
    """Raises ForkError if any pin does not hold: nothing is built on upstream text that nobody has looked at."""
    drifted = drift(patch)
    if drifted:
        line = patch.line
        raise ForkError(
            f"{len(drifted)} pin(s) of line {line.name} do not hold for upstream {line.upstream}.",
            "\n       ".join(f"{item.path}: {item.name} {item.why}" for item in drifted),
            f"Look at each with `python -m fork check --line {line.name}`, correct the overlay where needed, "
            f"then write the pins with `python -m fork pin --line {line.name}`.",
        )
