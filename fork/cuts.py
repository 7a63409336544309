"""The overlay of a release, cut into patches that stand on each other: which of its definitions comes with which patch.

A touch comes with the patch that takes it, and a decorator with the one that takes it by its name. What they use of the fork's own modules
comes with the first patch that uses it, so that every prefix of the patches imports and none of them brings code that nothing calls yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .errors import ForkError, ForkErrors
from .layers import every_file, overlay_files
from .merge import ADDED, Merged, merge
from .overlay import read_overlay, read_reason
from .parts import Parts, decorators
from .patch import Patch
from .pulls import PULLS, Pull
from .release import PACKAGE, Release
from .source import Source
from .wheel import UpstreamWheel

Place = tuple[str, str]


@dataclass(frozen=True)
class Cuts:
    """A release's patch cut into pulls. of: the number of the pull, from 0, that each definition comes with, by path and name."""

    patch: Patch
    parts: Mapping[str, Parts]
    of: Mapping[Place, int]
    graph: _Graph

    @cached_property
    def numbers(self) -> list[int]:
        """The pulls that change anything in this release, in order."""
        return sorted(set(self.of.values()))

    def names(self, path: str, last: int) -> list[str]:
        """The definitions of a module that are there once the pulls up to this one are."""
        return [name for name in self.parts[path].definitions if self.of[path, name] <= last]

    def changed(self, number: int) -> list[str]:
        """The modules that a pull changes."""
        return sorted({path for (path, _), each in self.of.items() if each == number})

    def needs(self, number: int) -> list[int]:
        """The earlier pulls that a pull stands on: it uses what they bring, or changes a module that they change."""
        own = [place for place, each in self.of.items() if each == number]
        used = {self.of[place] for place in self.graph.reached(own)}
        return sorted({*used, *(each for (path, _), each in self.of.items() if path in self.changed(number))} & {*range(number)})

    def file(self, path: str, last: int, wheel: UpstreamWheel) -> bytes | None:
        """A module as it is once the pulls up to this one are merged; None where there is none then."""
        names = self.names(path, last)
        if path in self.patch.new:
            return self.parts[path].only(names) if names else None
        return self._merged(path, names, wheel).data if names else wheel.read(path)

    def _merged(self, path: str, names: Sequence[str], wheel: UpstreamWheel) -> Merged:
        whole = self.parts[path].source
        overlay = read_overlay(Source(whole.name, self.parts[path].only(names)))
        return merge(Source(path, wheel.read(path), overlay.names), overlay)


def cut(patch: Patch, pulls: Sequence[Pull]) -> Cuts:
    """Cut a release's patch into pulls.

    Raises ForkError for a touch that no pull takes, and for one that a pull takes and no layer has.
    """
    release = patch.release
    sources = {path: Source.of_file(file, release.root) for path, file in overlay_files(release).items()}
    apart = {path: {name[1:] for pull in pulls for name in pull.takes.get(path, ()) if name[0] == "@"} for path in sources}
    parts = {
        path: Parts(Source(source.name, patch.files[path]) if path in patch.new else source, apart[path])
        for path, source in sources.items()
    }
    intents = {path: read_reason(source).intent for path, source in sources.items()}
    _require_takes(release, pulls)
    taken: dict[Place, int] = {}
    errors: list[ForkError] = []
    for path in patch.touches:
        for name in parts[path].definitions:
            number = _pull_of(path, name, intents[path], pulls)
            if number is None:
                errors.append(_no_pull(sources[path].name, intents[path], pulls))
                break
            taken[path, name] = number
    if errors:
        raise ForkErrors(errors)
    graph = _Graph(patch, parts)
    unused = {(path, name) for path in patch.new for name in parts[path].definitions} - graph.reached(taken)
    for path, name in sorted(unused):
        number = _pull_of(path, name, intents[path], pulls)
        if number is None:
            raise _no_pull(sources[path].name, intents[path], pulls)
        taken[path, name] = number
    of: dict[Place, int] = {}
    for number in sorted(set(taken.values())):
        for place in graph.reached(place for place, each in taken.items() if each == number):
            of.setdefault(place, number)
    return Cuts(patch, parts, of, graph)


class _Graph:
    """Which definition of the fork's uses which others of it."""

    def __init__(self, patch: Patch, parts: Mapping[str, Parts]) -> None:
        self.parts = parts
        # A method that is added to a class of upstream's comes with the class.
        tops = {path: {*parts[path].definitions} for path in parts}
        added = {path: {touch.name for touch in touches if touch.how == ADDED} & tops[path] for path, touches in patch.touches.items()}
        self.ours = {path: tops[path] if path in patch.new else added[path] for path in parts}

    def reached(self, start: Iterable[Place]) -> set[Place]:
        """These definitions and all that they use, themselves or by what they use."""
        found: set[Place] = set()
        waiting = [*start]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self._used_by(*place)
        return found

    def _used_by(self, path: str, name: str) -> Iterator[Place]:
        for dotted in self.parts[path].uses(name):
            if dotted.startswith("."):
                used = dotted.split(".")[1]
                if used in self.ours[path]:
                    yield path, used
            else:
                yield from self._named(dotted)

    def _named(self, dotted: str) -> Iterator[Place]:
        """The definitions that a dotted name stands for: one of a module's, or all where the module itself is handed on."""
        words = dotted.split(".")
        for size in range(len(words), 0, -1):
            path = f"{'/'.join(words[:size])}.py"
            if path in self.ours:
                names: Collection[str] = words[size : size + 1] or self.ours[path]
                yield from ((path, name) for name in names if name in self.ours[path])
                return


def _pull_of(path: str, name: str, intent: str, pulls: Sequence[Pull]) -> int | None:
    """The pull that a definition comes with: the one that takes it by name, else by its file, else the one that has its whole intent."""
    for matches in (lambda pull: name in pull.takes.get(path, ()), lambda pull: pull.takes.get(path) == ()):
        number = next((number for number, pull in enumerate(pulls) if matches(pull)), None)
        if number is not None:
            return number
    return next((number for number, pull in enumerate(pulls) if pull.intent == intent and pull.takes_rest), None)


def _require_takes(release: Release, pulls: Sequence[Pull]) -> None:
    """Raises ForkError where a pull takes what stands in no layer."""
    there: dict[str, set[str]] = {}
    for file in every_file(release.root):
        source = Source.of_file(file, release.root)
        path = source.name[source.name.index(f"{PACKAGE}/") :]
        there.setdefault(path, set()).update(Parts(source, decorators(source)).definitions)
    for pull in pulls:
        for path, names in pull.takes.items():
            missing = [path] if path not in there else [f"{path}: {name}" for name in names if name not in there[path]]
            if missing:
                raise ForkError(
                    f"{pull.file} takes {missing[0]}.",
                    "No layer of the overlay has that.",
                    "Correct it under `Takes:`, or delete it there.",
                )


def _no_pull(name: str, intent: str, pulls: Sequence[Pull]) -> ForkError:
    have = ", ".join(sorted({pull.intent for pull in pulls if pull.takes_rest})) or "none"
    return ForkError(
        f"{name} is in no patch of the series.",
        f"It serves the intent {intent}, of which no text in {PULLS}/ takes what the others leave; they do so of: {have}.",
        f"Write {PULLS}/<number>-{intent}.md with `Intent: {intent}`; CONTRIBUTING.md says what stands in it.",
    )
