"""A line: one upstream release, its overlay folder and its pins, as `lines/<name>.json` holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ForkError
from .files import write_atomically

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "litellm"
ADDED_PIN = "added"


@dataclass(frozen=True)
class Line:
    """One line of the fork.

    upstream: the release it is built from. local: what its version adds. overlay: its folder, from the root of the checkout.
    wheels: sha256 of each of upstream's wheels, by file name. new: paths of modules upstream does not have.
    definitions: per path, per qualified name, the sha256 of upstream's newline-normalised text, signature and body apart with a colon
    between (of a constant one), or "added" where upstream has none.
    """

    root: Path
    name: str
    upstream: str
    local: str
    overlay: str
    wheels: Mapping[str, str]
    new: tuple[str, ...]
    definitions: Mapping[str, Mapping[str, str]]

    @property
    def version(self) -> str:
        return f"{self.upstream}+{self.local}"

    @property
    def file(self) -> Path:
        return self.root / "lines" / f"{self.name}.json"

    @property
    def is_current(self) -> bool:
        return self.overlay == PACKAGE

    def save(self) -> None:
        """Write the line file, sorted, so that the same pins give the same bytes."""
        content = {
            "upstream": self.upstream,
            "local": self.local,
            "overlay": self.overlay,
            "wheels": dict(sorted(self.wheels.items())),
            "new": sorted(self.new),
            "definitions": {path: dict(sorted(names.items())) for path, names in sorted(self.definitions.items())},
        }
        write_atomically(self.file, (json.dumps(content, indent=2) + "\n").encode())


def load_lines(root: Path = ROOT) -> list[Line]:
    """Every line of a checkout, the current one first. Raises ForkError for a line file that cannot be used."""
    lines = [_load(root, file) for file in sorted((root / "lines").glob("*.json"))]
    current = [line for line in lines if line.is_current]
    if len(current) != 1:
        raise ForkError(
            f"{root / 'lines'} has {len(current)} current lines.",
            f'Exactly one line file must have "overlay": "{PACKAGE}".',
            "Correct the line files there.",
        )
    return current + [line for line in lines if not line.is_current]


def load_line(name: str | None, root: Path = ROOT) -> Line:
    """The line of that name; the current one for None. Raises ForkError for a name there is no line of."""
    lines = load_lines(root)
    for line in lines:
        if name in (None, line.name):
            return line
    raise ForkError(f"There is no line {name!r}.", f"{root / 'lines'} has: {', '.join(line.name for line in lines)}.", "Name one of these.")


def overlay_files(line: Line) -> dict[str, Path]:
    """The files of a line, by the path they have in the package: its own overlay, and the current line's new modules.

    Raises ForkError if the folder is missing, holds what is no Python module, or holds a file that the current line shares with it.
    """
    folder = line.root / line.overlay
    if not folder.is_dir():
        raise ForkError(f"{line.file} names the overlay {line.overlay}.", "There is no such folder.", "Correct the name.")
    files: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_dir() or "__pycache__" in file.parts or file.name.startswith("."):
            continue
        if file.suffix != ".py":
            raise ForkError(f"{file} is in an overlay.", "An overlay holds Python modules only.", "Move the file elsewhere.")
        files[file.relative_to(folder.parent).as_posix()] = file
    package = f"{folder.name}/__init__.py"
    if package in files:
        raise ForkError(
            f"{files[package]} makes the overlay a package.",
            "Imported from the checkout, it would hide the installed package.",
            "Move what it claims to another module.",
        )
    return files | _shared_files(line, files)


def _shared_files(line: Line, own: Mapping[str, Path]) -> dict[str, Path]:
    if line.is_current:
        return {}
    shared = {path: line.root / path for path in load_line(None, line.root).new}
    for path in shared.keys() & own.keys():
        raise ForkError(
            f"{own[path]} stands beside {shared[path]}.",
            "Modules that the current line adds are the same in every line.",
            "Delete the copy.",
        )
    return shared


def new_modules(line: Line) -> frozenset[str]:
    """The paths a line declares as new, with those it shares with the current line."""
    return frozenset(line.new) | frozenset(load_line(None, line.root).new)


def _load(root: Path, file: Path) -> Line:
    try:
        content: Any = json.loads(file.read_bytes())
        return Line(
            root=root,
            name=file.stem,
            upstream=_text(content, "upstream"),
            local=_text(content, "local"),
            overlay=_text(content, "overlay"),
            wheels={str(name): str(digest) for name, digest in content["wheels"].items()},
            new=tuple(str(path) for path in content["new"]),
            definitions={str(path): {str(k): str(v) for k, v in names.items()} for path, names in content["definitions"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForkError(
            f"{file} cannot be used.", f"{type(error).__name__}: {error}", 'See "The line file" in CONTRIBUTING.md, or restore it with git.'
        ) from error


def _text(content: Any, key: str) -> str:
    value = content[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f'"{key}" must be a non-empty string')
    return value
