"""Which family a call of the demo belongs to and what became of its token, in one word: what the short table and the picture count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from demo.cells import CONFIGURED_KEY, NOTHING, Cell

RIGHT_FATE: Final = "right"
REFUSED: Final = "refused by Anthropic"
BILLED: Final = "billed to the configured key"
NOT_SENT: Final = "not sent"
BROKEN: Final = "sent, but the answer was lost"
FATES: Final = (RIGHT_FATE, REFUSED, BILLED, NOT_SENT, BROKEN)

# family -> its parts: name -> (kind, pattern of the family names that demo.calls gives).
FAMILIES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "Python: chat, messages, responses": {
        "completion": ("SDK", "completion"),
        "anthropic.messages": ("SDK", r"anthropic(_|\.).*"),
        "responses": ("SDK", "responses"),
        "text completion": ("SDK", "text completion"),
    },
    "Python: batches, files, skills": {
        "batches": ("SDK", r"batch results .*|.*_batch(es)?"),
        "files": ("SDK", r"file_.*|.*_file"),
        "skills": ("SDK", r".*_skills?"),
    },
    "Python: token counts, models, keys": {
        "count_tokens": ("SDK", "count_tokens"),
        "get_valid_models": ("SDK", "get_valid_models"),
        "check_valid_key": ("SDK", "check_valid_key"),
    },
    "Proxy: messages, chat, responses": {
        "/v1/messages": ("proxy", r"messages|messages\.(create|stream)"),
        "/v1/messages/count_tokens": ("proxy", r"(messages\.)?count_tokens"),
        "/v1/chat/completions": ("proxy", "chat"),
        "/v1/responses": ("proxy", "responses"),
    },
    "Proxy: batches, files, skills": {
        "/v1/batches": ("proxy", "batches .*"),
        "/v1/files": ("proxy", "files .*"),
        "/v1/skills": ("proxy", "skills .*"),
    },
    "Proxy: pass-through": {
        "/anthropic/v1/messages": ("proxy", r"pass-through (messages|messages\.(create|stream)|count_tokens)"),
        "/anthropic/v1/messages/batches": ("proxy", r"pass-through batch(es)?\W.*"),
        "/anthropic/v1/models": ("proxy", r"pass-through models?(\..*)?"),
        "/anthropic/v1/files": ("proxy", "pass-through files .*"),
        "/anthropic/v1/skills": ("proxy", "pass-through skills .*"),
    },
}


@dataclass(frozen=True)
class Count:
    """What became of the calls of one part of a family with the token from one source: on each side, how many had which fate."""

    family: str
    part: str
    source: str
    fork: Mapping[str, int]
    upstream: Mapping[str, int]


def counts(fork: Sequence[Cell], upstream: Sequence[Cell]) -> list[Count]:
    """The calls of both sides, counted, in the order of FAMILIES. A call that only the fork made was not sent by upstream."""
    theirs = {cell.key: fate(cell) for cell in upstream}
    found: dict[tuple[str, str, str], tuple[Counter[str], Counter[str]]] = {}
    for cell in fork:
        ours_and_theirs = found.setdefault((*place(cell), cell.source), (Counter(), Counter()))
        ours_and_theirs[0][fate(cell)] += 1
        ours_and_theirs[1][theirs.get(cell.key, NOT_SENT)] += 1
    places = [(family, part) for family, parts in FAMILIES.items() for part in parts]
    return [
        Count(*key, dict(ours), dict(others)) for key, (ours, others) in sorted(found.items(), key=lambda item: places.index(item[0][:2]))
    ]


def place(cell: Cell) -> tuple[str, str]:
    """The family and the part of it that a call belongs to. Raises LookupError for one that no part takes, or more than one."""
    places = [
        (family, part)
        for family, parts in FAMILIES.items()
        for part, (kind, pattern) in parts.items()
        if kind == cell.kind and re.fullmatch(pattern, cell.family)
    ]
    if len(places) != 1:
        raise LookupError(f"{cell.kind} {cell.family!r} belongs to {places or 'no family'}: FAMILIES in {__name__} has to name one for it.")
    return places[0]


def fate(cell: Cell) -> str:
    """What became of the token of a call, one of FATES."""
    if cell.is_right:
        return RIGHT_FATE
    if CONFIGURED_KEY in cell.sent:
        return BILLED
    if cell.sent == NOTHING:
        return NOT_SENT
    return REFUSED if re.search(r"\b4\d\d ", cell.answer) else BROKEN


def total(tallies: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Several counts as one."""
    summed: Counter[str] = Counter()
    for tally in tallies:
        summed.update(tally)
    return summed


def read(written: Iterable[Mapping[str, Any]]) -> list[Count]:
    """The counts that dataclasses.asdict() made these of."""
    return [Count(**each) for each in written]
