"""PATCH_NOTES.md: the fork by its intents, from `intents.json`, the overlay's docstrings and the pins. Needs no wheel."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ForkError
from .intents import INTENTS, Intent, load_intents, require_known
from .line import ADDED_PIN, Line, new_modules, overlay_files
from .merge import ADDED, DECORATED, GUARDED, REPLACED
from .overlay import Claim, claims_in, read_overlay, read_reason
from .source import Source

_HEAD = """\
# Patch notes

Where this fork differs from upstream, and why. Written by `python -m fork notes` from `intents.json`, the overlays' docstrings and the
pins in `lines/`; edit those, not this file. What each file is for, and when it can go, stands in its docstring.
"""


@dataclass(frozen=True)
class _File:
    """An overlay file of a line. place: its path from the root of the checkout. definitions: how each comes in; none of a new module."""

    path: str
    place: str
    intent: str
    upstream: str
    definitions: Mapping[str, str]
    is_new: bool


def notes(lines: Sequence[Line]) -> str:
    """The text of PATCH_NOTES.md for all lines, the newest first.

    Raises ForkError where overlay and pins disagree, and for an intent or a test that is not there.
    """
    root, intents = lines[0].root, load_intents(lines[0].root)
    _require_tests(root, intents.values())
    newest, *older = ([*_files(line, intents)] for line in lines)
    own = [(line, [file for file in files if file not in newest]) for line, files in zip(lines[1:], older, strict=True)]
    sections = (text for intent in intents.values() for text in _section(intent, newest, own))
    return "\n".join([_HEAD, *_overview(lines, intents.values()), *sections, ""])


def _require_tests(root: Path, intents: Iterable[Intent]) -> None:
    for intent in intents:
        for path in intent.tests:
            if not (root / path).is_file():
                what = f"{INTENTS} lists {path} under {intent.slug!r}."
                raise ForkError(what, "There is no such file.", "Correct the path, or delete it.")


def _overview(lines: Sequence[Line], intents: Iterable[Intent]) -> Iterator[str]:
    yield "| line | built from upstream | version |\n|---|---|---|"
    yield from (f"| {line.name} | {line.upstream} | {line.version} |" for line in lines)
    yield "\n| intent | upstream | forwarded | removed when |\n|---|---|---|---|"
    for intent in intents:
        yield f"| {intent.slug}: {intent.title} | {intent.upstream} | {intent.forwarded} | {intent.remove_when} |"


def _section(intent: Intent, newest: Sequence[_File], older: Sequence[tuple[Line, Sequence[_File]]]) -> Iterator[str]:
    yield f"\n## {intent.slug}: {intent.title}\n\n{intent.why}\n"
    if intent.tests:
        yield f"Proven by {', '.join(f'[{path}]({path})' for path in intent.tests)}.\n"
    files = [file for file in newest if file.intent == intent.slug]
    if files:
        yield "| file | what of it is ours | upstream |\n|---|---|---|"
        for file in files:
            what = "a new module" if file.is_new else _said(file.definitions) or "imports"
            yield f"| [{file.path}]({file.place}) | {what} | {file.upstream} |"
    there = {file.path: file.definitions for file in newest}
    for line, own in older:
        differing = [f"[{file.path}]({file.place}){_difference(file, there)}" for file in own if file.intent == intent.slug]
        paths = {file.path for file in own}
        left_out = [f"no {file.path}" for file in files if not file.is_new and file.path not in paths]
        if differing or left_out:
            yield f"\n{line.name} differs in {', '.join(differing + left_out)}."


def _difference(file: _File, there: Mapping[str, Mapping[str, str]]) -> str:
    """What a file of an older line has otherwise than the newest line's at the same path."""
    newest = there.get(file.path, {})
    more = _said({name: how for name, how in file.definitions.items() if newest.get(name) != how})
    less = ", ".join(f"`{name}`" for name in newest if name not in file.definitions)
    return f" ({'; '.join(text for text in (more, less and f'not {less}') if text)})" if more or less else ""


def _said(definitions: Mapping[str, str]) -> str:
    ways = {how: [f"`{name}`" for name, each in definitions.items() if each == how] for how in (GUARDED, DECORATED, REPLACED, ADDED)}
    return "; ".join(f"{how} {', '.join(names)}" for how, names in ways.items() if names)


def _files(line: Line, intents: dict[str, Intent]) -> Iterator[_File]:
    declared = new_modules(line)
    for path, file in sorted(overlay_files(line).items()):
        source = Source.of_file(file, line.root)
        reason = read_reason(source)
        require_known(reason.intent, intents, source.name)
        definitions = {} if path in declared else dict(sorted(_claimed(line, path, source).items()))
        yield _File(path, source.name, reason.intent, reason.upstream, definitions, path in declared)


def _claimed(line: Line, path: str, source: Source) -> dict[str, str]:
    """How each definition of a touch comes in: the pin tells what is added, the overlay tells the rest."""
    pins = line.definitions.get(path, {})
    found = dict(_how(line, source, read_overlay(source).claims, pins))
    for name in sorted(pins.keys() - found.keys()):
        raise _disagree(line, f"{line.file} pins {name} of {path}.", f"{source.name} does not claim it.")
    return found


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
            yield claim.name, GUARDED if claim.guard else DECORATED if claim.keeps or container is not None else REPLACED
        if container is not None:
            yield from _how(line, source, claims_in(source, container.body, f"{claim.name}."), pins)


def _disagree(line: Line, what: str, why: str) -> ForkError:
    return ForkError(what, why, f"Run `python -m fork pin --line {line.name}`.")
