"""What the demo measured as tables: the short one of families and the long one of call paths, for a terminal and for a document."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from demo.cells import Block, Row
from demo.families import FATES, RIGHT_FATE, Count, total

_LABEL = 36


def heading(fork: str, upstream: str) -> str:
    """Two lines above the rows of family_rows(), for a terminal."""
    first = f"{'':{_LABEL}}{'this fork':>17}{'upstream':>13}"
    return f"{first}\n{'calls with an OAuth token':{_LABEL}}{fork:>17}{upstream:>13}   what upstream does instead"


def family_rows(counted: Sequence[Count]) -> Iterator[str]:
    """One line a family, for a terminal: of how many calls each side was right, and what upstream did on the others."""
    for family, ours, theirs in _by_family(counted):
        made = ours.total()
        yield f"{family:{_LABEL}}{f'{ours[RIGHT_FATE]} of {made}':>17}{f'{theirs[RIGHT_FATE]} of {made}':>13}   {_otherwise(theirs)}"


def family_markdown(counted: Sequence[Count], upstream: str) -> Iterator[str]:
    """The same for a document."""
    yield f"| calls with an OAuth token | made | right in this fork | right in {upstream} | what {upstream} does instead |"
    yield "|---|---|---|---|---|"
    for family, ours, theirs in _by_family(counted):
        yield f"| {family} | {ours.total()} | {ours[RIGHT_FATE]} | {theirs[RIGHT_FATE]} | {_otherwise(theirs)} |"
    ours, theirs = total(count.fork for count in counted), total(count.upstream for count in counted)
    yield f"| together | {ours.total()} | {ours[RIGHT_FATE]} | {theirs[RIGHT_FATE]} | |"


def path_lines(table: Sequence[Block], fork: str, upstream: str) -> Iterator[str]:
    """Every call path for a terminal: what went out -> what was answered."""
    rows = [Row("token from", f"the fork, {fork}", f"upstream {upstream}"), *(row for block in table for row in block.rows)]
    source, ours = (max(len(getattr(row, column)) for row in rows) + 2 for column in ("source", "fork"))
    for block in table:
        yield from textwrap.wrap(f"{block.kind}: {', '.join(block.families)} ({block.calls} call{'s' * (block.calls > 1)})", 120)
        for row in (rows[0], *block.rows):
            yield f"    {row.source:<{source}}{row.fork:<{ours}}{row.upstream}"
        yield ""


def path_markdown(table: Sequence[Block], upstream: str) -> Iterator[str]:
    """The same for a document."""
    yield f"| call path | token from | upstream {upstream} | this fork |"
    yield "|---|---|---|---|"
    for block in table:
        for number, row in enumerate(block.rows):
            families = f"{block.kind}: " + ", ".join(f"`{family}`" for family in block.families)
            yield f"| {families if number == 0 else ''} | {row.source} | {row.upstream} | {row.fork} |"


def _by_family(counted: Sequence[Count]) -> Iterator[tuple[str, Counter[str], Counter[str]]]:
    for family in dict.fromkeys(count.family for count in counted):
        of_it = [count for count in counted if count.family == family]
        yield family, total(count.fork for count in of_it), total(count.upstream for count in of_it)


def _otherwise(tally: Counter[str]) -> str:
    return ", ".join(f"{tally[fate]} {fate}" for fate in FATES if fate != RIGHT_FATE and tally[fate])
