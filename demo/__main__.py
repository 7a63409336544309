"""Compare what two LiteLLM environments send for an Anthropic OAuth token, on every call path, and print it as a table.

    python -m demo --fork PYTHON --upstream PYTHON

Each PYTHON is the interpreter of an environment with that LiteLLM, its `proxy` extra and requirements/test.txt; `make demo` builds both.
The calls are real and go to a stand-in for Anthropic on this machine, with tokens nobody issued. With ANTHROPIC_OAUTH_TOKEN set, the
fork also makes one cheap call a path to the real API; the token is handed to no one else and never shown.

Exit status: 0 if every call of the fork was right, 1 if not, 2 if the calls could not be made.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from demo import documents
from demo.cells import Cell, blocks, right
from demo.families import counts
from demo.sides import TOKEN, CallsFailed, Side, installed_release, made
from demo.tables import family_rows, heading, path_lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fork", metavar="PYTHON", required=True, help="interpreter of the environment with the fork")
    parser.add_argument("--upstream", metavar="PYTHON", required=True, help="interpreter of the environment with upstream's release")
    parser.add_argument("--full", action="store_true", help="show every call path, not the families alone")
    parser.add_argument("--readme", action="store_true", help="write README.md's table and picture, and what else shows these calls")
    parser.add_argument("--record", metavar="FILE", type=Path, help="write each call with what went out and came back, for `make report`")
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
    print("Each call goes to a stand-in for Anthropic on this machine, with a token that nobody issued.\n")
    print(heading(fork.release, upstream.release))
    ours: list[Cell] = []
    theirs: list[Cell] = []
    for kind in ("SDK", "proxy"):
        made_by_fork, made_by_upstream = _made(kind, fork, upstream)
        ours, theirs = [*ours, *made_by_fork], [*theirs, *made_by_upstream]
        print("\n".join(family_rows(counts(made_by_fork, made_by_upstream))), flush=True)
    real = made(fork, ["Anthropic"], _progress) if os.environ.get(TOKEN, "").strip() else []
    table = blocks(ours, theirs)
    print("\n".join(("", *(path_lines(table, fork.release, upstream.release) if options.full else ()), *_real_text(real))), end="")
    wrong = [cell for cell in ours if not cell.is_right] + [cell for cell in real if _is_refused(cell)]
    for cell in wrong:
        print(f"WRONG  {' | '.join(cell.key)}: {cell.outcome}")
    verdict = f"The fork is right on {right(ours)} of {len(ours)} calls, upstream {upstream.release} on {right(theirs)} of {len(theirs)}"
    print(f"{verdict} (a call: one call path, one source of the token). Took {time.monotonic() - start:.0f} s.")
    _write(options, upstream.release, ours, theirs)
    return 1 if wrong or not ours else 0


def _made(kind: str, fork: Side, upstream: Side) -> tuple[list[Cell], list[Cell]]:
    """The calls of one kind, made by both sides at the same time."""
    with ThreadPoolExecutor() as pool:
        ours, theirs = pool.map(lambda side: made(side, [kind], _progress), (fork, upstream))
    _progress("")
    return ours, theirs


def _progress(what: str) -> None:
    """One line of progress that the next takes the place of; nothing where the output is not a terminal."""
    if sys.stdout.isatty():
        print(f"\r\033[K{what}", end="", flush=True)


def _write(options: argparse.Namespace, release: str, ours: Sequence[Cell], theirs: Sequence[Cell]) -> None:
    """Write what the options ask for, or say that the documents show other calls than these."""
    if options.record:
        options.record.parent.mkdir(parents=True, exist_ok=True)
        calls = {"release": release, "fork": [asdict(cell) for cell in ours], "upstream": [asdict(cell) for cell in theirs]}
        options.record.write_text(json.dumps(calls), "utf-8")
    if options.readme:
        print(f"Written: {', '.join(documents.record(release, counts(ours, theirs), blocks(ours, theirs)))}.")
    elif documents.recorded().get(release, counts(ours, theirs)) != counts(ours, theirs):
        print(f"The documents show something else of {release}: run `make readme RELEASE={release}`.")
    if not options.full and not options.readme:
        print("`make demo FULL=1` shows every call path, `make report` every request and answer, as a page to click through.")


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
