"""A merged source tree, for development: only files that differ are written, so that what depends on their dates stays valid."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from .errors import ForkError
from .files import write_atomically
from .patch import Patch
from .wheel import UpstreamWheel

MARKER = ".fork-tree.json"


def write_tree(patch: Patch, upstream: UpstreamWheel, out: Path) -> int:
    """Write the merged package into a folder and return how many files were written or removed.

    Raises ForkError for a folder that holds anything else. Files are removed only if an earlier run wrote them.
    """
    before = _written_before(out)
    names = {member.filename for member in upstream.members if not member.is_dir() and not member.filename.startswith(upstream.dist_info)}
    now = names | patch.files.keys()
    # The marker comes first, and lists both: a run that is cut off leaves a folder that the next one still knows as its own.
    if before != now:
        write_atomically(out / MARKER, json.dumps(sorted(before | now)).encode())
    written = 0
    for name in sorted(before - now):
        (out / name).unlink(missing_ok=True)
        written += 1
    crcs = {member.filename: (member.file_size, member.CRC) for member in upstream.members}
    for name in sorted(now):
        target = out / name
        size, crc = (len(patch.files[name]), zlib.crc32(patch.files[name])) if name in patch.files else crcs[name]
        if _is(target, size, crc):
            continue
        written += 1
        if name in patch.files:
            write_atomically(target, patch.files[name])
        else:
            write_atomically(target, upstream.read(name))
    if before - now:
        write_atomically(out / MARKER, json.dumps(sorted(now)).encode())
    return written


def _written_before(out: Path) -> set[str]:
    if not out.exists():
        return set()
    if not (out / MARKER).is_file():
        if out.is_dir() and not any(out.iterdir()):
            return set()
        raise ForkError(f"{out} is in the way.", "It was not written by `python -m fork tree`.", "Name an empty or a new folder.")
    return set(json.loads((out / MARKER).read_bytes()))


def _is(target: Path, size: int, crc: int) -> bool:
    """Whether a file is there already, by its size and CRC."""
    if not target.is_file() or target.stat().st_size != size:
        return False
    found = 0
    with open(target, "rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found == crc
