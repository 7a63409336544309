"""One call of the demo and its outcome, and how the outcomes of many are put together for a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

RIGHT: Final = "Bearer token + beta"
NOTHING: Final = "nothing"
CONFIGURED_KEY: Final = "configured key"
_LIKE_A_CREDENTIAL: Final = re.compile(r"sk-[\w-]{8,}")


def masked(text: str, names: Mapping[str, str] | None = None) -> str:
    """A text with each credential by its name, and `<credential>` for whatever else looks like one."""
    for secret, name in (names or {}).items():
        text = text.replace(secret, f"<{name}>")
    return _LIKE_A_CREDENTIAL.sub("<credential>", text)


@dataclass(frozen=True)
class Exchange:
    """A request that arrived at the stand-in and the answer to it, each as text with its credentials masked."""

    request: str
    answer: str


@dataclass(frozen=True)
class Cell:
    """One call with an OAuth token and what became of it.

    kind: `SDK`, `proxy`, or `Anthropic` for a call to the real API, where what goes out cannot be seen.
    family: what the variants of a call (asynchronous, streamed, through the Router) have in common. path: the variant.
    source: where the token came from. sent: which credentials went out, by name. answer: a status with the error's text, or what LiteLLM
    or its proxy did where Anthropic was not asked. exchanges: all that went out. came_back: what the caller was told of a call that failed.
    """

    kind: str
    family: str
    path: str
    source: str
    sent: str
    answer: str
    exchanges: tuple[Exchange, ...] = ()
    came_back: str = ""

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Cell:
        """The cell that dataclasses.asdict() made this of."""
        return cls(**{**written, "exchanges": tuple(Exchange(**exchange) for exchange in written["exchanges"])})

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.path, self.source

    @property
    def outcome(self) -> str:
        return f"{self.sent} -> {self.answer}"

    @property
    def is_right(self) -> bool:
        return self.sent == RIGHT and self.answer == "200"


@dataclass(frozen=True)
class Row:
    """Calls with the token from one source that came out the same on both sides."""

    source: str
    fork: str
    upstream: str


@dataclass(frozen=True)
class Block:
    """Families of calls to which the same happened: rows hold for each of them. calls: how many were made."""

    kind: str
    families: tuple[str, ...]
    calls: int
    rows: tuple[Row, ...]


def blocks(fork: Sequence[Cell], upstream: Sequence[Cell]) -> list[Block]:
    """The calls of both sides, matched, in the fork's order. A call that only the fork made is `not made` by upstream."""
    theirs = {cell.key: cell.outcome for cell in upstream}
    by_family: dict[tuple[str, str], list[Cell]] = {}
    for cell in fork:
        by_family.setdefault((cell.kind, cell.family), []).append(cell)
    found: dict[tuple[str, tuple[Row, ...]], list[str]] = {}
    for (kind, family), cells in by_family.items():
        happened = dict.fromkeys(Row(cell.source, cell.outcome, theirs.get(cell.key, "not made")) for cell in cells)
        found.setdefault((kind, tuple(happened)), []).append(family)
    return [
        Block(kind, tuple(families), sum(len(by_family[kind, family]) for family in families), happened)
        for (kind, happened), families in found.items()
    ]


def right(cells: Iterable[Cell]) -> int:
    """How many of the calls sent the token as Anthropic wants it and were answered."""
    return sum(cell.is_right for cell in cells)
