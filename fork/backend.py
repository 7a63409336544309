"""The hooks a front end calls (PEP 517, PEP 660). What they do is elsewhere; here are only their names, their settings and their errors."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar

from .errors import ForkError
from .files import replacing, write_atomically
from .line import ROOT, Line, load_line
from .patch import merge_line, require_pins
from .sdist import line_of_sdist, write_sdist
from .tree import write_tree
from .upstream import build_requirements, open_wheel
from .wheel import fork_name, metadata_files, write_editable, write_wheel

Settings = Mapping[str, str | list[str]] | None
P = ParamSpec("P")
R = TypeVar("R")


def _hook(function: Callable[P, R]) -> Callable[P, R]:
    """Show a refusal as it is, without a traceback that would bury it."""

    @functools.wraps(function)
    def hook(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return function(*arguments, **named)
        except ForkError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            sys.exit(1)

    return hook


@_hook
def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    line, given = _settings(config_settings)
    return [] if given else build_requirements(line)


get_requires_for_build_editable = get_requires_for_build_wheel


@_hook
def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    return []


@_hook
def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    line, given = _settings(config_settings)
    with open_wheel(line, given) as upstream:
        folder = f"{upstream.distribution}-{line.version}.dist-info"
        for name, data in metadata_files(upstream, line.version):
            write_atomically(Path(metadata_directory, folder, name), data)
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


@_hook
def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    line, given = _settings(config_settings)
    return build(line, given, Path(wheel_directory)).name


@_hook
def build_editable(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    line, given = _settings(config_settings)
    tree = default_tree(line)
    with open_wheel(line, given) as upstream:
        patch = merge_line(line, upstream)
        require_pins(patch)
        write_tree(patch, upstream, tree)
        name = fork_name(upstream.path.name, line.upstream, line.version)
        with replacing(Path(wheel_directory, name)) as file:
            write_editable(file, upstream, line.version, tree)
    return name


@_hook
def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    return write_sdist(_settings(config_settings)[0], Path(sdist_directory)).name


def build(line: Line, given: Path | None, folder: Path) -> Path:
    """Build the fork's wheel into a folder. Raises ForkError, and leaves nothing there, for anything that is refused."""
    with open_wheel(line, given) as upstream:
        patch = merge_line(line, upstream)
        require_pins(patch)
        target = folder / fork_name(upstream.path.name, line.upstream, line.version)
        with replacing(target) as file:
            write_wheel(file, upstream, line.version, patch.files)
    return target


def default_tree(line: Line) -> Path:
    """Where the merged tree of a line goes: in the checkout, beside what else is built there."""
    return line.root / "build" / line.name


def _settings(config_settings: Settings) -> tuple[Line, Path | None]:
    """The line and the upstream wheel that a front end's settings ask for. The last of a repeated setting counts."""
    settings = {name: value if isinstance(value, str) else value[-1] for name, value in (config_settings or {}).items()}
    unknown = settings.keys() - {"line", "upstream-wheel"}
    if unknown:
        raise ForkError(
            f"There is no setting {', '.join(sorted(unknown))}.", "Known are: line, upstream-wheel.", "Correct --config-settings."
        )
    name = settings.get("line") or os.environ.get("LITELLM_FORK_LINE") or line_of_sdist(ROOT)
    given = settings.get("upstream-wheel")
    return load_line(name), Path(given) if given else None
