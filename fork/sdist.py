"""The source archive: what it takes to build the wheel again, without git. The same checkout gives the same bytes."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .errors import ForkError
from .files import replacing
from .intents import INTENTS
from .layers import every_file
from .release import PACKAGE, SETTINGS, Release

_VERSION = re.compile(r"^Version: ([^+\s]+)", re.MULTILINE)
_DOCUMENTS = ("pyproject.toml", SETTINGS, INTENTS, "README.md", "PATCH_NOTES.md", "CONTRIBUTING.md", "LICENSE")


def write_sdist(release: Release, folder: Path) -> Path:
    """Write the source archive of a release into a folder. Unpacked, it builds that release unless told otherwise."""
    stem = f"{PACKAGE}-{release.version}"
    target = folder / f"{stem}.tar.gz"
    with (
        replacing(target) as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in [*sorted(_files(release)), ("PKG-INFO", _pkg_info(release))]:
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target


def release_of_sdist(root: Path) -> str | None:
    """The release that an unpacked source archive was made for; None in a checkout."""
    file = root / "PKG-INFO"
    if not file.is_file():
        return None
    match = _VERSION.search(file.read_text("utf-8"))
    if match is None:
        raise ForkError(f"{file} is of no release.", "It does not say which version this is.", "Unpack the archive again.")
    return match[1]


def _files(release: Release) -> Iterator[tuple[str, bytes]]:
    """Of each file its path from the root, and its bytes: with all pins and layers, so that the archive builds any release."""
    root = release.root
    files = {root / name for name in _DOCUMENTS if (root / name).is_file()}
    files |= {*every_file(root), *(root / "releases").glob("*.json"), *(root / "fork").glob("*.py")}
    for file in files:
        yield file.relative_to(root).as_posix(), file.read_bytes()


def _pkg_info(release: Release) -> bytes:
    """Name and version. The rest is upstream's, and known once its wheel is at hand."""
    fields = ["Metadata-Version: 2.2", f"Name: {PACKAGE}", f"Version: {release.version}"]
    fields += [f"Dynamic: {name}" for name in ("Requires-Dist", "Requires-Python", "Provides-Extra")]
    return ("\n".join(fields) + "\n").encode()
