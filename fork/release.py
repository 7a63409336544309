"""A release of upstream's that the fork is built from, and its pins, as `releases/<release>.json` holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from .errors import ForkError
from .files import write_atomically

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "litellm"
SETTINGS = "fork.json"
ADDED_PIN = "added"
# What a module of our own is called among its definitions: all of it.
MODULE = "(module)"
_STABLE = re.compile(r"\d+(\.\d+)*", re.ASCII)

Pins = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Release:
    """One upstream release and its pins.

    name: upstream's version. local: what the fork's version adds. wheels: sha256 of each of upstream's wheels, by file name.
    definitions: per path, per qualified name, the pin of upstream's newline-normalised text, signature and body apart with a colon between
    (of a constant one), or "added" where upstream has none. A module that upstream does not have has the one name MODULE.
    """

    root: Path
    name: str
    local: str
    wheels: Mapping[str, str]
    definitions: Pins

    @property
    def version(self) -> str:
        return f"{self.name}+{self.local}"

    @property
    def file(self) -> Path:
        return _file(self.root, self.name)

    def save(self) -> None:
        """Write the pins, sorted, so that the same pins give the same bytes.

        Where three in four are those of an older release, that one is named and only the others are written: upstream releases every
        other day, and changes few of these definitions in a patch release.
        """
        whole = {"wheels": dict(sorted(self.wheels.items())), "definitions": _sorted(self.definitions)}
        base = self._base()
        if base is not None:
            others = _sorted(_difference(base.definitions, self.definitions))
            if 4 * len(_json(others)) < len(_json(whole["definitions"])):
                whole = {"wheels": whole["wheels"], "like": base.name, "definitions": others}
        write_atomically(self.file, _json(whole))

    def _base(self) -> Release | None:
        """The nearest older release whose pins are written whole; none for a release that others name, which has to stay whole itself."""
        named = {other: _content(self.root, other).get("like") for other in pinned(self.root)}
        if self.name in named.values():
            return None
        older = [other for other, like in named.items() if like is None and order(other) < order(self.name)]
        return _load(self.root, older[0], self.local) if older else None


def order(release: str) -> tuple[int, ...]:
    """What releases are compared by: their numbers, without zeros at the end, so that 1.106 is 1.106.0. Raises ForkError for any other."""
    if not _STABLE.fullmatch(release):
        raise ForkError(
            f"{release!r} is no release to build from.",
            "A release is numbers with dots between: no local part, no candidate, no prefix.",
            "Name upstream's version as your package index has it, such as 1.81.3.",
        )
    numbers = [int(number) for number in release.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def pinned(root: Path = ROOT) -> list[str]:
    """The releases that have pins, the newest first. Reads no pins."""
    return sorted((file.stem for file in (root / "releases").glob("*.json")), key=order, reverse=True)


def load_release(name: str | None, root: Path = ROOT) -> Release:
    """The pins of that release; of the newest pinned one for None. Raises ForkError for a release that is not pinned, or excluded."""
    local, excluded = _settings(root)
    there = pinned(root)
    if not there:
        raise ForkError(f"{root / 'releases'} has no pins.", "There is nothing to build from.", "Restore it with git.")
    chosen = there[0] if name is None else name
    if chosen in there:
        return _load(root, chosen, local)
    require_not_excluded(chosen, excluded)
    order(chosen)
    raise ForkError(
        f"Release {chosen} is not pinned.",
        f"Pinned are: {listed(there)}.",
        f"Name one of these (`--config-settings upstream={there[0]}`, LITELLM_FORK_UPSTREAM, `--release`), "
        f"or pin this one in a checkout: `python -m fork move {chosen}`.",
    )


def new_release(name: str, root: Path = ROOT) -> Release:
    """A release without any pin yet. Raises ForkError for one that is excluded."""
    local, excluded = _settings(root)
    order(name)
    require_not_excluded(name, excluded)
    return Release(root, name, local, {}, {})


def excluded(root: Path = ROOT) -> Mapping[str, str]:
    """The releases that are never built from, each with the reason."""
    return _settings(root)[1]


def require_not_excluded(name: str, excluded: Mapping[str, str]) -> None:
    """Raises ForkError for a release that is never built from, with the reason."""
    if name in excluded:
        raise ForkError(
            f"Release {name} is excluded.", f"{excluded[name]}.", f"Use another release. The list of the excluded stands in {SETTINGS}."
        )


def nearest(name: str, root: Path = ROOT) -> Release | None:
    """The pins to compare a release with: those of the nearest older one, else of the nearest newer; None if there are none at all."""
    there = [other for other in pinned(root) if other != name]
    older = [other for other in there if order(other) < order(name)]
    return load_release(older[0] if older else there[-1], root) if there else None


def listed(releases: Iterable[str]) -> str:
    """Releases in few words: `1.81.0 .1 .3, 1.82.0`."""
    ordered = sorted(releases, key=order)
    minors = (list(group) for _, group in groupby(ordered, key=lambda release: release.split(".")[:2]))
    return ", ".join(" ".join([first, *(f".{other.split('.')[-1]}" for other in others)]) for first, *others in minors) or "none"


def _settings(root: Path) -> tuple[str, dict[str, str]]:
    """What the fork's version adds to upstream's, and the releases that are excluded, each with the reason."""
    file = root / SETTINGS
    try:
        content: Any = json.loads(file.read_bytes())
        return _text(content, "local"), {str(name): _text(content["excluded"], name) for name in content["excluded"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ForkError(
            f"{file} cannot be used.",
            f"{type(error).__name__}: {error}",
            'It has "local", and "excluded" with a reason for each release. Correct it, or restore it with git.',
        ) from error


def _file(root: Path, name: str) -> Path:
    return root / "releases" / f"{name}.json"


def _content(root: Path, name: str) -> dict[str, Any]:
    file = _file(root, name)
    try:
        content = json.loads(file.read_bytes())
        if not isinstance(content, dict):
            raise TypeError("it is no object")
        return content
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(file, error) from error


def _load(root: Path, name: str, local: str) -> Release:
    content = _content(root, name)
    try:
        definitions: dict[str, dict[str, str]] = {}
        if "like" in content:
            base = _content(root, _text(content, "like"))
            if "like" in base:
                raise ValueError(f"it is like {content['like']}, whose pins are not whole")
            _lay_over(definitions, base["definitions"])
        _lay_over(definitions, content["definitions"])
        wheels = {str(wheel): str(digest) for wheel, digest in content["wheels"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(_file(root, name), error) from error
    return Release(root, name, local, wheels, definitions)


def _lay_over(definitions: dict[str, dict[str, str]], others: Any) -> None:
    """Put pins over others, in place: null takes one away, or all of a path."""
    for path, names in others.items():
        here = definitions.pop(path, {}) if names is not None else definitions.pop(path, None)
        if here is None or names is None:
            continue
        here.update({str(name): str(pin) for name, pin in names.items() if pin is not None})
        for name in [name for name, pin in names.items() if pin is None]:
            here.pop(name, None)
        definitions[str(path)] = here


def _difference(base: Pins, pins: Pins) -> dict[str, dict[str, str | None] | None]:
    """What to lay over the pins of a base to have these."""
    found: dict[str, dict[str, str | None] | None] = dict.fromkeys(base.keys() - pins.keys())
    for path, names in pins.items():
        there = base.get(path, {})
        changed: dict[str, str | None] = {name: pin for name, pin in names.items() if there.get(name) != pin}
        changed |= dict.fromkeys(there.keys() - names.keys())
        if changed:
            found[path] = changed
    return found


def _sorted(definitions: Mapping[str, Mapping[str, str | None] | None]) -> dict[str, dict[str, str | None] | None]:
    return {path: names if names is None else dict(sorted(names.items())) for path, names in sorted(definitions.items())}


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


def _unusable(file: Path, error: Exception) -> ForkError:
    return ForkError(
        f"{file} cannot be used.",
        f"{type(error).__name__}: {error}",
        'See "The pins of a release" in CONTRIBUTING.md, or restore it with git.',
    )


def _text(content: Any, key: str) -> str:
    value = content[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f'"{key}" must be a non-empty string')
    return value
