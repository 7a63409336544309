"""Differences: the fork as a patch that `git apply` takes, byte for byte, and two texts of a definition for a reader."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator


def file_patch(path: str, old: bytes | None, new: bytes) -> Iterator[bytes]:
    """The patch of one file, line by line, each with its `\\n`. old is None for a file that upstream does not have.

    Both blobs are named in full, so that git finds what a patch was made for in a tree that moved on (`--3way`).
    """
    name = path.encode()
    yield b"diff --git a/%b b/%b\n" % (name, name)
    if old is None:
        yield b"new file mode 100644\n"
    yield b"index %b..%b%b\n" % (_blob(old), _blob(new), b"" if old is None else b" 100644")
    source = b"/dev/null" if old is None else b"a/" + name
    for line in difflib.diff_bytes(difflib.unified_diff, _lines(old or b""), _lines(new), source, b"b/" + name):
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def text_diff(old: str, new: str, source: str, target: str) -> Iterator[str]:
    """A unified diff of two texts, line by line. A form feed is no end of a line, so they are split at newlines only."""
    return difflib.unified_diff(old.split("\n"), new.split("\n"), source, target, lineterm="")


def _blob(data: bytes | None) -> bytes:
    """What git calls a file's contents; zeros for no file."""
    return b"0" * 40 if data is None else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest().encode()


def _lines(data: bytes) -> list[bytes]:
    """The lines of a file as git counts them: only `\\n` ends one, so a carriage return or a form feed belongs to its line."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])
