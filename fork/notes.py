"""PATCH_NOTES.md: the fork by its intents, from `intents.json`, the overlay's docstrings and the pins. Needs no wheel."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ForkError
from .intents import INTENTS, Intent, load_intents, require_known
from .layers import Layer, layers, leaves_out
from .merge import ADDED, DECORATED, GUARDED, REPLACED
from .overlay import Claim, claims_in, read_overlay, read_reason
from .release import ADDED_PIN, MODULE, Release, listed, load_release, pinned
from .source import Source

_HEAD = """\
# Patch notes

Where this fork differs from upstream, and why. Written by `python -m fork notes` from `intents.json`, the overlays' docstrings and the
pins in `releases/`; edit those, not this file. What each file is for, and when it can go, stands in its docstring.
"""


@dataclass(frozen=True)
class _File:
    """An overlay file of a layer. place: its path from the root. definitions: how each comes in. what: where these do not say it."""

    path: str
    place: str
    intent: str
    upstream: str
    definitions: Mapping[str, str]
    what: str


_NEW, _LEFT_OUT = "a new module", "left out"


def notes(root: Path) -> str:
    """The text of PATCH_NOTES.md for all layers, the newest first.

    Raises ForkError where overlay and pins disagree, and for an intent or a test that is not there.
    """
    intents, laid = load_intents(root), layers(root)
    _require_tests(root, intents.values())
    there = [load_release(name, root) for name in pinned(root)]
    files = [[*_files(laid[number:], there, intents)] for number in range(len(laid))]
    older = [(layer, own, _below(files[: number + 1])) for number, (layer, own) in enumerate(zip(laid[1:], files[1:], strict=True))]
    sections = (text for intent in intents.values() for text in _section(intent, files[0], older))
    return "\n".join([_HEAD, *_overview(laid, there, intents.values()), *sections, ""])


def _require_tests(root: Path, intents: Iterable[Intent]) -> None:
    for intent in intents:
        for path in intent.tests:
            if not (root / path).is_file():
                what = f"{INTENTS} lists {path} under {intent.slug!r}."
                raise ForkError(what, "There is no such file.", "Correct the path, or delete it.")


def _overview(laid: Sequence[Layer], there: Sequence[Release], intents: Iterable[Intent]) -> Iterator[str]:
    layers = ", ".join(layer.name for layer in laid[1:])
    told = f"Layers, each laid over `litellm/` and the newer ones: {layers}.\n" if layers else ""
    yield f"Pinned releases: {listed(release.name for release in there)}.\n{told}"
    yield "| intent | upstream | forwarded | removed when |\n|---|---|---|---|"
    for intent in intents:
        yield f"| {intent.slug}: {intent.title} | {intent.upstream} | {intent.forwarded} | {intent.remove_when} |"


def _section(intent: Intent, newest: Sequence[_File], older: Sequence[tuple[Layer, Sequence[_File], Mapping[str, _File]]]) -> Iterator[str]:
    yield f"\n## {intent.slug}: {intent.title}\n\n{intent.why}\n"
    files = [file for file in newest if file.intent == intent.slug]
    touches = [file for file in files if file.what != _NEW]
    said = [f"Proven by {', '.join(f'[{path}]({path})' for path in intent.tests)}."] if intent.tests else []
    if len(files) > len(touches):
        said.append(f"New modules: {', '.join(f'[{file.path}]({file.place})' for file in files if file.what == _NEW)}.")
    if said:
        yield " ".join(said)
    if touches:
        yield "\n| file | what of it is ours | upstream |\n|---|---|---|"
        for file in touches:
            yield f"| [{file.path}]({file.place}) | {file.what or _said(file.definitions) or 'imports'} | {file.upstream} |"
    differing = {
        layer.before: [_differs(file, below.get(file.path)) for file in own if file.intent == intent.slug] for layer, own, below in older
    }
    older_ones = [f"efore {before}: {', '.join(files)}" for before, files in differing.items() if files]
    if older_ones:
        yield f"\n- B{'; b'.join(older_ones)}."


def _below(files: Sequence[Sequence[_File]]) -> dict[str, _File]:
    """What newer layers come to, by path."""
    return {file.path: file for layer in files for file in layer}


def _differs(file: _File, below: _File | None) -> str:
    """What a layer's file has otherwise than what it is laid over."""
    if file.what == _LEFT_OUT:
        return f"no [{file.path}]({file.place})"
    newer = below.definitions if below else {}
    more = file.what or _said({name: how for name, how in file.definitions.items() if newer.get(name) != how})
    less = ", ".join(f"`{name}`" for name in newer if name not in file.definitions)
    told = "; ".join(text for text in (more, less and f"not {less}") if text)
    return f"[{file.path}]({file.place})" + (f" ({told})" if told else "")


def _said(definitions: Mapping[str, str]) -> str:
    ways = {how: [f"`{name}`" for name, each in definitions.items() if each == how] for how in (GUARDED, DECORATED, REPLACED, ADDED)}
    return "; ".join(f"{how} {', '.join(names)}" for how, names in ways.items() if names)


def _files(laid: Sequence[Layer], there: Sequence[Release], intents: dict[str, Intent]) -> Iterator[_File]:
    """The files of the first of these layers. What each claims is told by the pins of the newest release that it is for."""
    layer, *older = laid
    for path, file in layer.files().items():
        source = Source.of_file(file, layer.root)
        reason = read_reason(source)
        require_known(reason.intent, intents, source.name)
        if layer.before is not None and leaves_out(source):
            yield _File(path, source.name, reason.intent, reason.upstream, {}, _LEFT_OUT)
            continue
        hidden = [other for other in older if path in other.files()]
        user = next((one for one in there if layer.holds_for(one.name) and not any(other.holds_for(one.name) for other in hidden)), None)
        if user is None:
            raise ForkError(
                f"{source.name} is in no release.", "No pinned release is built with it.", "Pin one that is, or delete the file."
            )
        is_new = MODULE in user.definitions.get(path, {})
        definitions = {} if is_new else dict(sorted(_claimed(user, path, source).items()))
        yield _File(path, source.name, reason.intent, reason.upstream, definitions, _NEW if is_new else "")


def _claimed(release: Release, path: str, source: Source) -> dict[str, str]:
    """How each definition of a touch comes in: the pin tells what is added, the overlay tells the rest."""
    pins = release.definitions.get(path, {})
    found = dict(_how(release, source, read_overlay(source).claims, pins))
    for name in sorted(pins.keys() - found.keys()):
        raise _disagree(release, f"{release.file} pins {name} of {path}.", f"{source.name} does not claim it.")
    return found


def _how(release: Release, source: Source, claims: Sequence[Claim], pins: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for claim in claims:
        node, pin = claim.node, pins.get(claim.name)
        if pin == ADDED_PIN:
            yield claim.name, ADDED
            continue
        container = node if isinstance(node, ast.ClassDef) and not claim.keeps else None
        if container is None or container.decorator_list:
            if pin is None:
                raise _disagree(release, f"{source.name}:{node.lineno} claims {claim.name}.", f"{release.file} has no pin for it.")
            yield claim.name, GUARDED if claim.guard else DECORATED if claim.keeps or container is not None else REPLACED
        if container is not None:
            yield from _how(release, source, claims_in(source, container.body, f"{claim.name}."), pins)


def _disagree(release: Release, what: str, why: str) -> ForkError:
    return ForkError(what, why, f"Run `python -m fork pin --release {release.name}`.")
