"""Check the types of what is ours, where it runs: in the merged tree of each line, or of the one that is named.

    python -m tests.typecheck [LINE]

Our own modules have to pass whole, and of a touched module our definitions, guards and decorators. Upstream's own lines are not reported,
and nothing asks of them what only strict code has: explicit exports and annotated functions.

Exit status: 0 if there is nothing to report, 1 if there is, 2 if mypy could not be run.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

from fork.backend import default_tree
from fork.line import Line, load_line, load_lines, overlay_files
from fork.merge import ADDED, GUARDED, REPLACED, Touch, find_definition
from fork.patch import Patch, merge_line, require_pins
from fork.source import Function, Source
from fork.tree import write_tree
from fork.upstream import open_wheel

_MYPY = ["--config-file=", "--strict", "--follow-imports=silent", "--allow-untyped-calls", "--implicit-reexport", "--python-version=3.10"]
_ERROR = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): error: (?P<text>.*)")


def main() -> int:
    lines = [load_line(name) for name in sys.argv[1:]] or load_lines()
    found = [error for line in lines for error in errors(line)]
    print(*found, f"typecheck: {len(found)} error(s) in what is ours on {', '.join(line.name for line in lines)}.", sep="\n")
    return 1 if found else 0


def errors(line: Line) -> Iterator[str]:
    """What mypy has to say of what is ours, with its place in the merged tree, which is written anew."""
    tree = default_tree(line)
    with open_wheel(line) as upstream:
        patch = merge_line(line, upstream)
        require_pins(patch)
        write_tree(patch, upstream, tree)
    command = [sys.executable, "-m", "mypy", *_MYPY, f"--cache-dir={line.root / '.mypy_cache' / line.name}", *patch.files]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.stderr.write(done.stdout + done.stderr)
        sys.exit(2)
    ours = {path: _our_lines(patch, path) for path in patch.touches}
    for match in filter(None, map(_ERROR.match, done.stdout.splitlines())):
        path = match["path"].replace("\\", "/")
        if path in patch.new or int(match["line"]) in ours.get(path, ()):
            yield f"{(tree / path).relative_to(line.root)}:{match['line']}: {match['text']}"


def _our_lines(patch: Patch, path: str) -> set[int]:
    """The lines of a touched module, merged, that are of the overlay."""
    overlay = Source.of_file(overlay_files(patch.line)[path], patch.line.root)
    merged = Source(path, patch.files[path])
    return {number for touch in patch.touches[path] for number in _lines_of(touch, overlay, merged)}


def _lines_of(touch: Touch, overlay: Source, merged: Source) -> Iterator[int]:
    ours, there = find_definition(overlay, touch.name), find_definition(merged, touch.name)
    assert ours is not None and there is not None
    parts: list[ast.stmt | ast.expr] = [there]
    if touch.how not in (REPLACED, ADDED):
        assert not isinstance(ours, (ast.Assign, ast.AnnAssign)) and not isinstance(there, (ast.Assign, ast.AnnAssign))
        parts = [*there.decorator_list[len(there.decorator_list) - len(ours.decorator_list) :]]
        if touch.how == GUARDED:
            first = _has_docstring(there)
            parts += there.body[first : first + len(ours.body) - _has_docstring(ours) - 1]
    for part in parts:
        yield from range(part.lineno, (part.end_lineno or part.lineno) + 1)


def _has_docstring(node: Function | ast.ClassDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


if __name__ == "__main__":
    sys.exit(main())
