"""Compare what two LiteLLM environments send for an Anthropic OAuth token, on every call path, and print it as a table.

    python -m demo --fork PYTHON --upstream PYTHON

Each PYTHON is the interpreter of an environment with that LiteLLM, its `proxy` extra and requirements/test.txt; `make demo` builds both.
The calls are real and go to a stand-in for Anthropic on this machine, with tokens nobody issued. With ANTHROPIC_OAUTH_TOKEN set, the
fork also makes one cheap call a path to the real API; the token is handed to no one else and never shown.

Exit status: 0 if every call of the fork was right, 1 if not, 2 if the calls could not be made.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from demo.cells import Block, Cell, Row, blocks, right
from demo.sides import ROOT, TOKEN, CallsFailed, Side, installed_release, made

README = ROOT / "README.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fork", metavar="PYTHON", required=True, help="interpreter of the environment with the fork")
    parser.add_argument("--upstream", metavar="PYTHON", required=True, help="interpreter of the environment with upstream's release")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md, where it has one for this release")
    options = parser.parse_args()
    try:
        return _compare(options)
    except CallsFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 2


def _compare(options: argparse.Namespace) -> int:
    start = time.monotonic()
    fork = Side("the fork", options.fork, installed_release(options.fork))
    upstream = Side("upstream", options.upstream, installed_release(options.upstream))
    with ThreadPoolExecutor() as pool:
        ours, theirs = pool.map(_calls, (fork, upstream))
    real = made(fork, "Anthropic", _tell) if os.environ.get(TOKEN, "").strip() else []
    table = blocks(ours, theirs)
    print("\n".join(("", *_text(table, fork.release, upstream.release), *_real_text(real))))
    wrong = [cell for cell in ours if not cell.is_right] + [cell for cell in real if _is_refused(cell)]
    for cell in wrong:
        print(f"WRONG  {' | '.join(cell.key)}: {cell.outcome}")
    verdict = f"The fork is right on {right(ours)} of {len(ours)} calls, upstream {upstream.release} on {right(theirs)} of {len(theirs)}"
    _readme(upstream.release, [*_markdown(table, upstream.release), "", f"{verdict}."], write=options.readme)
    print(f"{verdict} (a call: one call path, one source of the token). Took {time.monotonic() - start:.0f} s.")
    return 1 if wrong or not ours else 0


def _calls(side: Side) -> list[Cell]:
    return [*made(side, "SDK", _tell), *made(side, "proxy", _tell)]


def _tell(progress: str) -> None:
    print(f"  {progress}", flush=True)


def _text(table: Sequence[Block], fork: str, upstream: str) -> Iterator[str]:
    """The table for a terminal: what went out -> what was answered."""
    rows = [Row("token from", f"the fork, {fork}", f"upstream {upstream}"), *(row for block in table for row in block.rows)]
    source, ours = (max(len(getattr(row, column)) for row in rows) + 2 for column in ("source", "fork"))
    for block in table:
        yield from textwrap.wrap(f"{block.kind}: {', '.join(block.families)} ({block.calls} call{'s' * (block.calls > 1)})", 120)
        for row in (rows[0], *block.rows):
            yield f"    {row.source:<{source}}{row.fork:<{ours}}{row.upstream}"
        yield ""


def _markdown(table: Sequence[Block], upstream: str) -> Iterator[str]:
    """The same table for README.md."""
    yield f"| call path | token from | upstream {upstream} | this fork |"
    yield "|---|---|---|---|"
    for block in table:
        for number, row in enumerate(block.rows):
            families = f"{block.kind}: " + ", ".join(f"`{family}`" for family in block.families)
            yield f"| {families if number == 0 else ''} | {row.source} | {row.upstream} | {row.fork} |"


def _readme(release: str, lines: Sequence[str], *, write: bool) -> None:
    """Write the table between the README's marks for this release, or say that it shows another one."""
    before, mark, rest = README.read_text("utf-8").partition(f"<!-- demo of {release} -->\n")
    _, end, after = rest.partition("<!-- end of demo -->\n")
    if not end:
        return
    text = before + mark + "\n".join(lines) + "\n" + end + after
    if write:
        README.write_text(text, "utf-8")
        print(f"{README.name} shows this table.")
    elif text != README.read_text("utf-8"):
        print(f"{README.name} shows another table than this one: run `make readme`.")


def _real_text(cells: Sequence[Cell]) -> Iterator[str]:
    if cells:
        yield f"Anthropic's real API took the token on {sum(not _is_refused(cell) for cell in cells)} of {len(cells)} call paths:"
    for cell in cells:
        yield f"    {cell.path:<42}{cell.answer}"
    if cells:
        yield ""


def _is_refused(cell: Cell) -> bool:
    """Whether the real API did not take the token. Any other error than a 401 comes from an Anthropic that knew who asked."""
    return cell.answer.startswith(("401", "no"))


if __name__ == "__main__":
    sys.exit(main())
