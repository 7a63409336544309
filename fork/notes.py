"""PATCH_NOTES.md: one entry per touch, from the overlay's docstrings and the pins. Needs neither an index nor a wheel."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .errors import ForkError
from .intents import INTENTS, load_intents
from .line import ADDED_PIN, Line, new_modules, overlay_files
from .merge import ADDED, DECORATED, GUARDED, REPLACED
from .overlay import Claim, Reason, claims_in, read_overlay, read_reason
from .source import Source

_HEAD = """\
# Patch notes

Every place where this fork differs from upstream, and why. Written by `python -m fork notes` from the docstrings in the overlay and the
pins in `lines/`; edit those, not this file.
"""


def notes(lines: Sequence[Line]) -> str:
    """The text of PATCH_NOTES.md for these lines. Raises ForkError where overlay and pins disagree, and for a test that is not there."""
    _require_tests(lines[0].root)
    return "\n".join([_HEAD, *(text for line in lines for text in _line(line))])


def _require_tests(root: Path) -> None:
    for intent in load_intents(root).values():
        for path in intent.tests:
            if not (root / path).is_file():
                raise ForkError(
                    f"{INTENTS} lists {path} under {intent.slug!r}.", "There is no such file.", "Correct the path, or delete it."
                )


def _line(line: Line) -> Iterator[str]:
    yield f"## {line.name}: {line.version}\n"
    yield f"Built from upstream {line.upstream}.\n"
    declared = new_modules(line)
    for path, file in sorted(overlay_files(line).items()):
        source = Source.of_file(file, line.root)
        reason = read_reason(source)
        what = ["- a new module"] if path in declared else list(_claimed(line, path, source))
        yield "\n".join([f"### `{path}`\n", reason.why, "", *what, *_fields(line, reason), ""])


def _fields(line: Line, reason: Reason) -> Iterator[str]:
    yield f"- Upstream: {reason.upstream}"
    yield f"- Remove when: {reason.remove_when}"
    yield f"- Last checked against: {line.upstream}"


def _claimed(line: Line, path: str, source: Source) -> Iterator[str]:
    """How each definition of a touch comes in: the pin tells what is added, the overlay tells the rest."""
    pins = line.definitions.get(path, {})
    found = dict(_how(line, source, read_overlay(source).claims, pins))
    for name in sorted(pins.keys() - found.keys()):
        raise _disagree(line, f"{line.file} pins {name} of {path}.", f"{source.name} does not claim it.")
    yield from (f"- {how} `{name}`" for name, how in sorted(found.items()))
    if not found:
        yield "- imports only"


def _how(line: Line, source: Source, claims: Sequence[Claim], pins: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for claim in claims:
        node, pin = claim.node, pins.get(claim.name)
        if pin == ADDED_PIN:
            yield claim.name, ADDED
            continue
        container = node if isinstance(node, ast.ClassDef) and not claim.keeps else None
        if container is None or container.decorator_list:
            if pin is None:
                raise _disagree(line, f"{source.name}:{node.lineno} claims {claim.name}.", f"{line.file} has no pin for it.")
            yield claim.name, GUARDED if claim.guard else DECORATED if claim.keeps or container else REPLACED
        if container is not None:
            yield from _how(line, source, claims_in(source, container.body, f"{claim.name}."), pins)


def _disagree(line: Line, what: str, why: str) -> ForkError:
    return ForkError(what, why, f"Run `python -m fork pin --line {line.name}`.")
