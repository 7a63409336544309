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
from .patch import merge_release, require_pins
from .release import ROOT, Release, load_release
from .sdist import release_of_sdist, write_sdist
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
    release, given = _settings(config_settings)
    return [] if given else build_requirements(release)


get_requires_for_build_editable = get_requires_for_build_wheel


@_hook
def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    return []


@_hook
def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    release, given = _settings(config_settings)
    with open_wheel(release, given) as upstream:
        folder = f"{upstream.distribution}-{release.version}.dist-info"
        for name, data in metadata_files(upstream, release.version):
            write_atomically(Path(metadata_directory, folder, name), data)
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


@_hook
def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    release, given = _settings(config_settings)
    return build(release, given, Path(wheel_directory)).name


@_hook
def build_editable(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    release, given = _settings(config_settings)
    tree = default_tree(release)
    with open_wheel(release, given) as upstream:
        patch = merge_release(release, upstream)
        require_pins(patch)
        write_tree(patch, upstream, tree)
        name = fork_name(upstream.path.name, release.name, release.version)
        with replacing(Path(wheel_directory, name)) as file:
            write_editable(file, upstream, release.version, tree)
    return name


@_hook
def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    return write_sdist(_settings(config_settings)[0], Path(sdist_directory)).name


def build(release: Release, given: Path | None, folder: Path) -> Path:
    """Build the fork's wheel into a folder. Raises ForkError, and leaves nothing there, for anything that is refused."""
    with open_wheel(release, given) as upstream:
        patch = merge_release(release, upstream)
        require_pins(patch)
        target = folder / fork_name(upstream.path.name, release.name, release.version)
        with replacing(target) as file:
            write_wheel(file, upstream, release.version, patch.files)
    return target


def default_tree(release: Release) -> Path:
    """Where the merged tree of a release goes: in the checkout, beside what else is built there."""
    return release.root / "build" / release.name


def _settings(config_settings: Settings) -> tuple[Release, Path | None]:
    """The release and the upstream wheel that a front end's settings ask for. The last of a repeated setting counts."""
    settings = {name: value if isinstance(value, str) else value[-1] for name, value in (config_settings or {}).items()}
    unknown = settings.keys() - {"upstream", "upstream-wheel"}
    if unknown:
        raise ForkError(
            f"There is no setting {', '.join(sorted(unknown))}.", "Known are: upstream, upstream-wheel.", "Correct --config-settings."
        )
    name = settings.get("upstream") or os.environ.get("LITELLM_FORK_UPSTREAM") or release_of_sdist(ROOT)
    given = settings.get("upstream-wheel")
    return load_release(name), Path(given) if given else None
