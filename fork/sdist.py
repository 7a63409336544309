"""The source archive: what it takes to build the wheel again, without git. The same checkout gives the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .errors import ForkError
from .files import replacing
from .intents import INTENTS
from .line import PACKAGE, Line, load_lines, overlay_files

_DOCUMENTS = ("pyproject.toml", INTENTS, "README.md", "PATCH_NOTES.md", "CONTRIBUTING.md", "LICENSE")


def write_sdist(line: Line, folder: Path) -> Path:
    """Write the source archive of a line into a folder. Unpacked, it builds that line unless told otherwise."""
    stem = f"{PACKAGE}-{line.version}"
    target = folder / f"{stem}.tar.gz"
    with (
        replacing(target) as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in [*sorted(_files(line)), ("PKG-INFO", _pkg_info(line))]:
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target


def line_of_sdist(root: Path) -> str | None:
    """The name of the line that an unpacked source archive was made for; None in a checkout."""
    file = root / "PKG-INFO"
    if not file.is_file():
        return None
    for line in load_lines(root):
        if _pkg_info(line) == file.read_bytes():
            return line.name
    raise ForkError(f"{file} is of no line.", "Neither upstream release nor version is of a line here.", "Unpack the archive again.")


def _files(line: Line) -> Iterator[tuple[str, bytes]]:
    lines = load_lines(line.root)
    files = {line.root / name for name in _DOCUMENTS if (line.root / name).is_file()}
    files |= {file for one in lines for file in (one.file, *overlay_files(one).values())}
    files |= set((line.root / "fork").glob("*.py"))
    for file in files:
        yield file.relative_to(line.root).as_posix(), file.read_bytes()


def _pkg_info(line: Line) -> bytes:
    """Name and version. The rest is upstream's, and known once its wheel is at hand."""
    fields = ["Metadata-Version: 2.2", f"Name: {PACKAGE}", f"Version: {line.version}"]
    fields += [f"Dynamic: {name}" for name in ("Requires-Dist", "Requires-Python", "Provides-Extra")]
    return ("\n".join(fields) + "\n").encode()
