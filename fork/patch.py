"""The fork as a whole: every overlay file of a release merged onto its wheel, and the pins that hold it there."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from .errors import ForkError, ForkErrors
from .intents import INTENTS, load_intents, require_known
from .layers import every_file, overlay_files
from .merge import Lost, LostClaims, Merged, Touch, merge
from .overlay import kept_of_upstream, read_overlay, read_reason, without_fields
from .release import ADDED_PIN, MODULE, Release, listed, pinned
from .source import Source
from .wheel import UpstreamWheel

# Half of a sha256: enough to tell texts apart, and the pins of some hundred releases have to stay small. A wheel's own hash is whole.
_DIGITS = 32


@dataclass(frozen=True)
class Patch:
    """A release's overlay merged onto its wheel.

    files: the bytes of each touched or new module, by path. touches: what each touched module has of ours. new: the paths of modules that
    upstream does not have. lost: per path, the claims that have nowhere to go.
    """

    release: Release
    files: Mapping[str, bytes]
    touches: Mapping[str, tuple[Touch, ...]]
    new: tuple[str, ...]
    lost: Mapping[str, tuple[Lost, ...]]

    def pins(self) -> dict[str, dict[str, str]]:
        """The pins that hold for this wheel."""
        touched = {path: {touch.name: pin(touch) for touch in touches} for path, touches in self.touches.items() if touches}
        return touched | {path: {MODULE: ADDED_PIN} for path in self.new}


Rank = Literal["gone", "twice", "kind", "taken", "signature", "body only", "unpinned", "unclaimed"]
RANKS: tuple[Rank, ...] = get_args(Rank)


@dataclass(frozen=True)
class Drift:
    """A definition whose pin is missing, does not hold, or has no use.

    rank: how bad it is, the worst first in RANKS. "taken" is what the fork added and upstream has now; the last two are none of upstream's
    doing: a claim without a pin, and a pin without a claim. text: upstream's text of it now, None if upstream has none.
    """

    path: str
    name: str
    rank: Rank
    why: str
    text: str | None

    @property
    def place(self) -> str:
        """How a person names it: `FILE: NAME`, of a whole module the file alone."""
        return self.path if self.name == MODULE else f"{self.path}: {self.name}"


def pin(touch: Touch) -> str:
    """What the pins say of a touch: a digest of each part of upstream's text, with a colon between, or that upstream has none."""
    return ADDED_PIN if touch.upstream is None else ":".join(map(digest, touch.upstream))


def digest(text: str) -> str:
    """What stands for a text in a pin."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def merge_release(release: Release, wheel: UpstreamWheel) -> Patch:
    """Merge every overlay file. Raises ForkError with all that does not fit."""
    patch = survey(release, wheel)
    if patch.lost:
        raise ForkErrors([each.refusal for lost in patch.lost.values() for each in lost])
    return patch


def survey(release: Release, wheel: UpstreamWheel) -> Patch:
    """Merge what has a place in the release, and tell what has none. Raises ForkError with all that does not fit otherwise."""
    intents = load_intents(release.root)
    files: dict[str, bytes] = {}
    touches: dict[str, tuple[Touch, ...]] = {}
    new: list[str] = []
    lost: dict[str, tuple[Lost, ...]] = {}
    used: set[str] = set()
    errors: list[ForkError] = []
    for path, file in overlay_files(release).items():
        try:
            source = Source.of_file(file, release.root)
            slug = read_reason(source).intent
            used.add(slug)
            require_known(slug, intents, source.name)
            if _is_new(release, source, path, wheel):
                new.append(path)
                files[path] = without_fields(source)
            else:
                merged = _merged(source, path, wheel)
                files[path], touches[path] = merged.data, merged.touches
        except LostClaims as error:
            touches[path], lost[path] = error.touches, error.lost
        except ForkError as error:
            errors.append(error)
    errors += [] if errors else _unused(intents.keys() - used, release)
    if errors:
        raise ForkErrors(errors + [each.refusal for claims in lost.values() for each in claims])
    return Patch(release, files, touches, tuple(new), lost)


def _is_new(release: Release, source: Source, path: str, wheel: UpstreamWheel) -> bool:
    """Whether an overlay file is a module of our own. Raises ForkError where it can be neither."""
    known, has_file = release.definitions.get(path, {}), path in wheel.names
    if known and (MODULE in known) == has_file:
        why = "and it is pinned as a module of ours" if has_file else "and it is pinned as a touch"
        refusal = ForkError(
            f"{source.name} does not fit upstream.",
            f"Upstream {release.name} has {'the' if has_file else 'no'} file {path}, {why}.",
            "Give the new module another name." if has_file else "Move it to the file where upstream has these definitions now.",
        )
        raise LostClaims([Lost(MODULE, "taken" if has_file else "gone", refusal)], ())
    kept = None if has_file else kept_of_upstream(source)
    if kept is not None:
        raise ForkError(
            f"{source.name} does not fit upstream.",
            f"Upstream {release.name} has no file {path}, and {kept} leaves its body to upstream.",
            "A touch belongs at the path of an upstream file: correct the path. A new module writes its bodies.",
        )
    return not has_file


def _merged(source: Source, path: str, wheel: UpstreamWheel) -> Merged:
    overlay = read_overlay(source)
    with _collector_paused():
        return merge(Source(path, wheel.read(path), overlay.names), overlay)


def _unused(slugs: Set[str], release: Release) -> Iterator[ForkError]:
    """A refusal of each intent that neither this release, which uses none of these, nor another one has a file for."""
    used = {read_reason(Source.of_file(file, release.root)).intent for file in every_file(release.root)} if slugs else set()
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


def drift(patch: Patch) -> list[Drift]:
    """Every definition whose pin is missing, does not hold any more, or is no longer needed, the worst first."""
    pinned = patch.release.definitions
    found: list[Drift] = []
    for path, touches in patch.touches.items():
        for touch in touches:
            was = pinned.get(path, {}).get(touch.name)
            if was != pin(touch):
                text = None if touch.upstream is None else "".join(touch.upstream)
                found.append(Drift(path, touch.name, *_why(was, touch), text))
    for path in sorted(set(patch.new) - pinned.keys()):
        why = f"is not pinned as a new module, and upstream {patch.release.name} has no such file: is its path right?"
        found.append(Drift(path, MODULE, "unpinned", why, None))
    for path in (pinned.keys() | patch.lost.keys()) - set(patch.new):
        found += _without_touch(patch, path)
    return sorted(found, key=lambda item: (RANKS.index(item.rank), item.path, item.name))


def _without_touch(patch: Patch, path: str) -> Iterator[Drift]:
    """What of a module is claimed or pinned and came to no touch."""
    touches = patch.touches.get(path, ())
    left = patch.release.definitions.get(path, {}).keys() - {touch.name for touch in touches}
    for lost in patch.lost.get(path, ()):
        names = {name for name in left if _is_within(name, lost.name)} or {lost.name}
        left -= names
        yield from (Drift(path, name, lost.rank, f"has no one place: {lost.refusal.why}", None) for name in names)
    for name in left:
        if any(touch.upstream is None and _is_within(name, touch.name) for touch in touches):
            yield Drift(path, name, "gone", "was in a class that upstream has no more", None)
        else:
            yield Drift(path, name, "unclaimed", "is pinned, and the overlay does not claim it", None)


def _is_within(name: str, outer: str) -> bool:
    return outer == MODULE or name == outer or name.startswith(f"{outer}.")


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
        name = patch.release.name
        raise ForkError(
            f"{len(drifted)} pin(s) of {name} do not hold.",
            "\n       ".join(f"{item.rank}: {item.place} {item.why}" for item in drifted),
            f"Look at each with `python -m fork check --release {name}`, correct the overlay where needed, then write the pins with "
            f"`python -m fork pin --release {name}`. Or build another release; pinned are: {listed(pinned(patch.release.root))}.",
        )
