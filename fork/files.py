"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import ForkError


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write to that becomes `target` at the end; if anything goes wrong, `target` stays as it was and nothing is left behind.

    Raises ForkError if the disk is full or the place cannot be written to.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            yield file
        os.replace(temporary, target)
    except OSError as error:
        raise ForkError(
            f"{target} could not be written.",
            f"{error.strerror or error}.",
            "Make room on that disk, or give a place you may write to. What was there before is untouched.",
        ) from error
    finally:
        if temporary.exists():
            temporary.unlink()


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises ForkError as `replacing` does."""
    with replacing(target) as file:
        file.write(data)
