"""What is refused of a wheel's members before one is read: names that lead elsewhere, links, bombs, and lists that do not agree.

A pinned hash says that a wheel is the one somebody looked at. It does not say that what they were served is well: `move` and `pin --wheels`
take the hash that an index gives, and `tree` writes members to disk under their names.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .errors import ForkError

# Upstream's largest unpacks to 133 MB, thirty times its size in its most repetitive member.
_MOST_BYTES = 1 << 30
_MOST_TIMES = 200
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:]")


def require_safe(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise ForkError for a wheel with a member that no wheel of upstream's has: see the reasons."""
    members = archive.infolist()
    size = path.stat().st_size
    twice = [name for name, count in Counter(member.filename for member in members).items() if count > 1]
    reasons = [f"{name!r} is there twice" for name in twice]
    files = {member.filename for member in members if not member.is_dir()}
    folders = {member.filename[:at] for member in members for at, mark in enumerate(member.filename) if mark == "/"}
    reasons += [f"{name!r} is a file, and the folder of another" for name in sorted(files & folders)]
    reasons += [f"{member.filename!r} {reason}" for member in members for reason in _reasons(member)]
    if sum(member.compress_size for member in members) > size:
        reasons.append("its members lie over one another")
    if sum(member.file_size for member in members) > _MOST_BYTES:
        reasons.append(f"it unpacks to more than {_MOST_BYTES >> 20} MB")
    if reasons:
        raise _refusal(path, reasons)


def require_listed(path: Path, archive: zipfile.ZipFile, record: str) -> None:
    """Raise ForkError where RECORD does not list every file of a wheel, once, with its size and a sha256, and nothing else."""
    rows = [row for row in _rows(archive, record) if row]
    listed = Counter(row[0] for row in rows)
    files = {member.filename: member.file_size for member in archive.infolist() if not member.is_dir()}
    reasons = [f"{name!r} is not in RECORD" for name in sorted(files.keys() - listed.keys())]
    reasons += [f"RECORD lists {name!r}, which is not there" for name in sorted(listed.keys() - files.keys())]
    reasons += [f"RECORD lists {name!r} twice" for name, count in listed.items() if count > 1]
    for row in rows:
        if row[0] != record and row[0] in files and not (_is_digest(row[1:2]) and row[2:] == [str(files[row[0]])]):
            reasons.append(f"RECORD has no sha256, or another size, of {row[0]!r}")
    if reasons:
        raise _refusal(path, reasons)


def require_recorded(path: Path, archive: zipfile.ZipFile, record: str) -> None:
    """Raise ForkError where a file of a wheel is not the one that RECORD has the hash of. Reads every file."""
    reasons = []
    for name, digest in ((row[0], row[1]) for row in _rows(archive, record) if row and row[0] != record):
        found = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).rstrip(b"=").decode()
        if digest != f"sha256={found}":
            reasons.append(f"{name!r} is not what RECORD has the hash of")
    if reasons:
        raise _refusal(path, reasons)


def _reasons(member: zipfile.ZipInfo) -> Iterator[str]:
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    # zipfile cuts a name at a NUL; what it was says more.
    if _FORBIDDEN.search(member.orig_filename) or any(part in ("", ".", "..") for part in name.removesuffix("/").split("/")):
        yield "is no path within a wheel"
    if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):
        yield "is a link, or no file"
    if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield "is encrypted, or packed in a way that no wheel is"
    if member.file_size > _MOST_TIMES * max(member.compress_size, 1000):
        yield f"unpacks to more than {_MOST_TIMES} times its size"


def _rows(archive: zipfile.ZipFile, record: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read(record).decode(), newline="")))


def _is_digest(value: list[str]) -> bool:
    return len(value) == 1 and re.fullmatch(r"sha256=[\w-]{43}", value[0], re.ASCII) is not None


def _refusal(path: Path, reasons: list[str]) -> ForkError:
    shown = "; ".join(reasons[:5]) + (f"; and {len(reasons) - 5} more" if len(reasons) > 5 else "")
    return ForkError(
        f"{path} is not a wheel to build from.",
        f"{shown[0].upper()}{shown[1:]}.",
        "Do not install it. If your index serves it under upstream's name, tell the maintainers.",
    )
