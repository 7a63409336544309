"""A proxy's configuration file as the doctor reads it: its values, the line of each, and why it cannot be read where it cannot.

Intent: scope
Upstream: none yet
Remove when: the doctor is removed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final  # noqa: TID251  # what a YAML document holds, and PyYAML, which has no types

_REFERENCE: Final = "os.environ/"


class ConfigError(Exception):
    """A configuration that cannot be read; the message says where, why, and what to do."""


class Config:
    """What a configuration file holds, and which line says so. Without a path, nothing. Raises ConfigError."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: dict[tuple[object, ...], int] = {(): 1}  # mutable-ok: found while reading
        self.data: Mapping[str, Any] = {} if path is None else self._read(path)

    def at(self, *path: object) -> str:
        """`file:line` of a part, or of the nearest one around it that is there."""
        known: Final = next(
            self._lines[path[:length]] for length in range(len(path), -1, -1) if path[:length] in self._lines
        )
        return f"{self._path}:{known}"

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of settings; an empty one where there is none, or something else."""
        found: Final = self.data.get(name)
        return found if isinstance(found, Mapping) else {}

    def entries(self, name: str) -> Sequence[Any]:
        """A list of the configuration's; an empty one where there is none, or something else."""
        found: Final = self.data.get(name)
        return found if isinstance(found, list) else []

    def _read(self, path: Path) -> Mapping[str, Any]:
        try:
            yaml: Final[Any] = importlib.import_module("yaml")
        except ModuleNotFoundError:
            raise ConfigError(
                'PyYAML is not installed. It comes with the proxy: pip install "litellm[proxy]"'
            ) from None
        try:
            loader: Final = yaml.SafeLoader(path.read_text("utf-8"))
            node: Final = loader.get_single_node()
            self._lines.update(() if node is None else _lines(node, ()))
            data: Final = None if node is None else loader.construct_document(node)
        except (OSError, UnicodeDecodeError) as error:
            reason: Final = getattr(error, "strerror", None) or "it is not text in UTF-8"
            raise ConfigError(
                f"{path} cannot be read: {reason}. Name the file that `litellm --config` is given."
            ) from None
        except yaml.YAMLError as error:
            mark: Final = getattr(error, "problem_mark", None)
            line: Final = f":{mark.line + 1}" if mark else ""
            problem: Final = getattr(error, "problem", None) or "a character that no YAML has"
            raise ConfigError(
                f"{path}{line} is not YAML: {problem}. Look at the indentation and the quotes there."
            ) from None
        if not isinstance(data, Mapping):
            raise ConfigError(f"{path}:1 holds no settings. A proxy's configuration starts with `model_list:`.")
        return data


def _lines(
    node: Any,  # noqa: ANN401  # PyYAML's
    path: tuple[object, ...],
) -> Iterator[tuple[tuple[object, ...], int]]:
    """The line of each part of a YAML document, by its path; that of a mapping's key stands for its value."""
    yield path, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number))


def named_variable(written: object) -> str | None:
    """The environment variable that a value of the configuration names, as `os.environ/NAME`; None where it is a value itself."""
    return written.removeprefix(_REFERENCE) if isinstance(written, str) and written.startswith(_REFERENCE) else None
