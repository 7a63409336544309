"""The overlay of a release: `litellm/`, with the layers of `backports/` laid over it that are for releases as old as this one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import ForkError
from .overlay import read_reason
from .release import PACKAGE, Release, order
from .source import Source

_BEFORE = "before-"


@dataclass(frozen=True)
class Layer:
    """A folder of overlay files. before: it holds for the releases that are older than this one; None for the newest overlay."""

    root: Path
    before: str | None

    @property
    def folder(self) -> Path:
        return self.root / PACKAGE if self.before is None else self.root / "backports" / self.name / PACKAGE

    @property
    def name(self) -> str:
        """What it is called: the newest overlay by its folder, another one by its range."""
        return PACKAGE if self.before is None else f"{_BEFORE}{self.before}"

    def holds_for(self, release: str) -> bool:
        return self.before is None or order(release) < order(self.before)

    def files(self) -> dict[str, Path]:
        """Its files by the path they have in the package. Raises ForkError if it is missing or holds what is no Python module."""
        if not self.folder.is_dir():
            raise ForkError(f"There is no overlay {self.folder}.", "It is missing, or no folder.", "Restore it with git.")
        files: dict[str, Path] = {}
        for file in sorted(self.folder.rglob("*")):
            if file.is_dir() or "__pycache__" in file.parts or file.name.startswith("."):
                continue
            if file.suffix != ".py":
                raise ForkError(f"{file} is in an overlay.", "An overlay holds Python modules only.", "Move the file elsewhere.")
            files[file.relative_to(self.folder.parent).as_posix()] = file
        if f"{PACKAGE}/__init__.py" in files:
            raise ForkError(
                f"{files[f'{PACKAGE}/__init__.py']} makes the overlay a package.",
                "Imported from the checkout, it would hide the installed package.",
                "Move what it claims to another module.",
            )
        return files


def layers(root: Path) -> list[Layer]:
    """Every layer of a checkout in the order they are laid in: the newest overlay, then the layers, the newest first."""
    folders = (folder for folder in (root / "backports").glob("*") if not folder.name.startswith("."))
    before = sorted(map(_before, folders), key=order, reverse=True)
    return [Layer(root, None), *(Layer(root, release) for release in before)]


def layers_of(release: Release) -> list[Layer]:
    """The layers that make up the overlay of a release."""
    return [layer for layer in layers(release.root) if layer.holds_for(release.name)]


def overlay_files(release: Release) -> dict[str, Path]:
    """The files of a release's overlay, by the path they have in the package: of each path the oldest layer's.

    Raises ForkError for a layer's file that says what a newer one says already.
    """
    return overlay_of(layers_of(release))


def overlay_of(laid: list[Layer]) -> dict[str, Path]:
    """The files that layers come to, laid one over the other."""
    files: dict[str, Path] = {}
    for layer in laid:
        for path, file in layer.files().items():
            below = files.pop(path, None)
            if layer.before is None or not _is_left_out(Source.of_file(file, layer.root), below):
                files[path] = file
    return dict(sorted(files.items()))


def leaves_out(source: Source) -> bool:
    """Whether a layer's file is a docstring and nothing else, which says why there is no touch. Raises ForkError for an incomplete one."""
    alone = len(source.tree.body) == 1 and ast.get_docstring(source.tree) is not None
    return alone and bool(read_reason(source))


def every_file(root: Path) -> Iterator[Path]:
    """Each overlay file of a checkout, whatever release it is for."""
    for layer in layers(root):
        yield from layer.files().values()


def _before(folder: Path) -> str:
    before = folder.name.removeprefix(_BEFORE)
    if before == folder.name:
        raise ForkError(
            f"{folder} is no layer.", f"A layer is called {_BEFORE}<release>.", "Rename it after the upstream release it is older than."
        )
    return before


def _is_left_out(source: Source, below: Path | None) -> bool:
    """Whether a layer's file takes that of the newer layers away. Raises ForkError for one that makes no difference to it."""
    if below is None and leaves_out(source):
        raise ForkError(f"{source.name} leaves nothing out.", "It is a docstring alone, and no newer layer has that file.", "Delete it.")
    if below is not None and below.read_bytes() == source.raw:
        raise ForkError(
            f"{source.name} stands twice.",
            f"It says what {below} says.",
            "Delete it: what two ranges share stands in the newer one.",
        )
    return leaves_out(source)
