"""Read upstream's wheel and write the fork's, member by member as they lie in the archive.

Zip and wheel formats: PKWARE APPNOTE 4.3, and the binary distribution format of packaging.python.org.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from .errors import ForkError
from .members import require_listed, require_recorded, require_safe

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LIMIT = 0xFFFFFFFF
_UTF8 = 0x800
# What zipfile, and what is read with it, say of an archive that is not well.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, csv.Error, OSError, EOFError, KeyError, ValueError, NotImplementedError)
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_NAME = re.compile(rb"^Name:[ \t]*([^\r\n]*)", re.MULTILINE)
_VERSION = re.compile(rb"^Version:[ \t]*([^\r\n]*)", re.MULTILINE)


class UpstreamWheel:
    """A wheel, open for reading, by one handle from the first byte to the last: what is read is what was verified.

    Raises ForkError if it has not the `sha256` it should have, if it cannot be read, and if it is not of the `version` asked for.
    """

    def __init__(self, path: Path, version: str | None = None, sha256: str | None = None) -> None:
        self.path = path
        try:
            self._file = open(path, "rb")  # noqa: SIM115  it stays open
        except OSError as error:
            raise ForkError(f"{path} cannot be read as a wheel.", f"{error.strerror or error}.", "Give another file.") from error
        try:
            with self._reading():
                if sha256 is not None:
                    self._require_sha256(sha256)
                self._zip = zipfile.ZipFile(self._file)
                self.members = self._zip.infolist()
                require_safe(path, self._zip)
                self.distribution = path.name.split("-")[0]
                self.version = self._metadata_version()
                self.dist_info = f"{self.distribution}-{self.version}.dist-info"
                self._require_version(version)
                require_listed(path, self._zip, self._record)
        except ForkError:
            self._file.close()
            raise

    def __enter__(self) -> UpstreamWheel:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self._zip.namelist())

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises ForkError if they cannot be read."""
        with self._reading():
            return self._zip.read(name)

    def raw(self, member: zipfile.ZipInfo) -> bytes:
        """The bytes of a member as they lie in the archive, compressed. Raises ForkError if they cannot be read."""
        with self._reading():
            self._file.seek(member.header_offset)
            header = _LOCAL.unpack(self._file.read(_LOCAL.size))
            self._file.seek(header[-2] + header[-1], io.SEEK_CUR)
            return self._file.read(member.compress_size)

    def require_recorded(self) -> None:
        """Raise ForkError where a file is not the one that RECORD has the hash of: for a wheel that has just been fetched."""
        with self._reading():
            require_recorded(self.path, self._zip, self._record)

    def hashes(self) -> dict[str, tuple[str, str]]:
        """Hash and size of each file, as RECORD has them. The wheel's own hash has been verified, so RECORD can be relied on."""
        text = self.read(self._record).decode()
        return {row[0]: (row[1], row[2]) for row in csv.reader(io.StringIO(text, newline="")) if row}

    @property
    def _record(self) -> str:
        return f"{self.dist_info}/RECORD"

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say of whatever goes wrong in reading the archive that it does."""
        try:
            yield
        except _UNREADABLE as error:
            raise ForkError(f"{self.path} cannot be read as a wheel.", f"{error}", "Fetch it again.") from error

    def _require_sha256(self, pinned: str) -> None:
        digest = hashlib.sha256()
        while block := self._file.read(1 << 20):
            digest.update(block)
        if digest.hexdigest() != pinned:
            raise ForkError(
                f"{self.path} is not the wheel that is pinned.",
                f"Its sha256 is {digest.hexdigest()}, pinned is {pinned}{'.' if zipfile.is_zipfile(self._file) else '; it is cut off.'}",
                "Fetch it again. If it stays so, what you are served is not what was pinned: do not install it, and tell the maintainers.",
            )

    def _require_version(self, version: str | None) -> None:
        if version not in (None, self.version):
            raise ForkError(
                f"{self.path} is release {self.version}, not {version}.",
                "It is a build of a fork." if "+" in self.version else "The pins are of another release.",
                f"Give upstream's own wheel of {version}.",
            )

    def _metadata_version(self) -> str:
        infos = [member.filename for member in self.members if member.filename.endswith(".dist-info/METADATA")]
        if len(infos) != 1:
            raise ForkError(f"{self.path} is not a wheel.", f"It has {len(infos)} METADATA files.", "Give upstream's own wheel.")
        text = self.read(infos[0])
        name, match = _NAME.search(text), _VERSION.search(text)
        version = match[1].decode().strip() if match else "of no version"
        folder = infos[0].partition("/")[0]
        if name is None or name[1].decode().strip() != self.distribution or folder != f"{self.distribution}-{version}.dist-info":
            raise ForkError(f"{self.path} is another project's wheel.", f"{infos[0]} is another's.", "Give upstream's own wheel.")
        return version


@dataclass(frozen=True)
class _Member:
    """What the archive says of a member, beside its data."""

    name: str
    info: zipfile.ZipInfo
    crc: int
    size: int
    packed_size: int
    offset: int


class _Archive:
    """A zip archive being written: members as they come, then the directory. No ZIP64, which no wheel of upstream needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[_Member] = []
        self._offset = 0

    def copy(self, name: str, info: zipfile.ZipInfo, raw: bytes) -> None:
        """Add a member as another archive holds it."""
        self._add(_Member(name, info, info.CRC, info.file_size, len(raw), self._offset), raw)

    def write(self, name: str, data: bytes) -> None:
        """Add a member with a fixed date, deflated."""
        info = zipfile.ZipInfo(name, _FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = 0o100644 << 16
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        raw = deflate.compress(data) + deflate.flush()
        self._add(_Member(name, info, zlib.crc32(data), len(data), len(raw), self._offset), raw)

    def close(self) -> None:
        """Write the directory."""
        start = self._offset
        for member in self._members:
            name, flags = _encoded(member)
            info = member.info
            self._put(
                _CENTRAL.pack(
                    b"PK\x01\x02",
                    info.create_system << 8 | info.create_version,
                    *_common(member, flags),
                    len(name),
                    0,
                    0,
                    0,
                    info.internal_attr,
                    info.external_attr,
                    member.offset,
                )
                + name
            )
        count = len(self._members)
        self._put(_END.pack(b"PK\x05\x06", 0, 0, count, count, self._offset - start, start, 0))

    def _add(self, member: _Member, raw: bytes) -> None:
        if max(member.size, self._offset + len(raw)) >= _LIMIT or len(self._members) >= 0xFFFF:
            raise ForkError("The wheel would be too large.", "It needs ZIP64 (4 GB, 65,535 members).", "Build from a smaller release.")
        name, flags = _encoded(member)
        self._members.append(member)
        self._put(_LOCAL.pack(b"PK\x03\x04", *_common(member, flags), len(name), 0) + name)
        self._put(raw)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._offset += len(data)


def _common(member: _Member, flags: int) -> tuple[int, ...]:
    """The fields that a member's two headers share. Sizes stand in the header itself, never in a data descriptor behind it."""
    year, month, day, hour, minute, second = member.info.date_time
    date = (year - 1980) << 9 | month << 5 | day
    time = hour << 11 | minute << 5 | second // 2
    return member.info.extract_version, flags, member.info.compress_type, time, date, member.crc, member.packed_size, member.size


def _encoded(member: _Member) -> tuple[bytes, int]:
    flags = member.info.flag_bits & ~0x808
    return (member.name.encode(), flags) if member.name.isascii() else (member.name.encode(), flags | _UTF8)


def fork_name(upstream_name: str, upstream: str, version: str) -> str:
    """The file name of the fork's wheel: upstream's, with the fork's version."""
    name, _, tags = upstream_name.split("-", 2)
    return f"{name}-{version}-{tags}"


def write_wheel(file: BinaryIO, upstream: UpstreamWheel, version: str, changed: Mapping[str, bytes]) -> None:
    """Write the fork's wheel: upstream's members as they are, those in `changed` (also new ones) in their stead, under another version.

    Only `Version` in METADATA, RECORD, and the names of the dist-info and data folders differ besides. The same inputs give the same bytes.
    """
    record = f"{upstream.dist_info}/RECORD"
    hashes = upstream.hashes()
    archive = _Archive(file)
    rows: list[tuple[str, str, str]] = []
    changed = {**changed, f"{upstream.dist_info}/METADATA": _with_version(upstream, version)}
    for member in upstream.members:
        name = _renamed(member.filename, upstream, version)
        if member.filename == record:
            continue
        if member.filename in changed:
            archive.write(name, changed[member.filename])
            rows.append((name, *_hash(changed[member.filename])))
        else:
            archive.copy(name, member, upstream.raw(member))
            if not member.is_dir():
                rows.append((name, *hashes.get(member.filename, ("", ""))))
    for path in sorted(changed.keys() - upstream.names):
        archive.write(path, changed[path])
        rows.append((path, *_hash(changed[path])))
    rows.append((_renamed(record, upstream, version), "", ""))
    archive.write(rows[-1][0], _record(rows))
    archive.close()


def write_editable(file: BinaryIO, upstream: UpstreamWheel, version: str, tree: Path) -> None:
    """Write a wheel with the fork's metadata whose only module is a `.pth` file that points to a merged tree."""
    archive = _Archive(file)
    dist_info = _renamed(upstream.dist_info, upstream, version)
    files = {f"__editable__.{upstream.distribution}.pth": f"{tree}\n".encode()}
    files |= {f"{dist_info}/{name}": data for name, data in metadata_files(upstream, version)}
    for name, data in files.items():
        archive.write(name, data)
    rows = [(name, *_hash(data)) for name, data in files.items()]
    archive.write(f"{dist_info}/RECORD", _record([*rows, (f"{dist_info}/RECORD", "", "")]))
    archive.close()


def metadata_files(upstream: UpstreamWheel, version: str) -> Iterator[tuple[str, bytes]]:
    """The files of the fork's dist-info folder but RECORD, by their path in it."""
    prefix = f"{upstream.dist_info}/"
    for name in sorted(name for name in upstream.names if name.startswith(prefix) and not name.endswith("/")):
        if name == f"{prefix}METADATA":
            yield "METADATA", _with_version(upstream, version)
        elif name != f"{prefix}RECORD":
            yield name[len(prefix) :], upstream.read(name)


def _with_version(upstream: UpstreamWheel, version: str) -> bytes:
    return _VERSION.sub(f"Version: {version}".encode(), upstream.read(f"{upstream.dist_info}/METADATA"), count=1)


def _renamed(name: str, upstream: UpstreamWheel, version: str) -> str:
    """A member's name in the fork's wheel. The dist-info and data folders carry the version."""
    folder, slash, rest = name.partition("/")
    for kind in ("dist-info", "data"):
        if folder == f"{upstream.distribution}-{upstream.version}.{kind}":
            return f"{upstream.distribution}-{version}.{kind}{slash}{rest}"
    return name


def _hash(data: bytes) -> tuple[str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(data))


def _record(rows: list[tuple[str, str, str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
