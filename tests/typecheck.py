"""Check the types of what is ours, where it runs: in the merged tree of the newest release, or of those that are named.

    python -m tests.typecheck [RELEASE ...]

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
from fork.layers import overlay_files
from fork.merge import ADDED, GUARDED, REPLACED, Touch, find_definition
from fork.patch import Patch, merge_release, require_pins
from fork.release import Release, load_release
from fork.source import Function, Source
from fork.tree import write_tree
from fork.upstream import open_wheel

_MYPY = ["--config-file=", "--strict", "--follow-imports=silent", "--allow-untyped-calls", "--implicit-reexport", "--python-version=3.10"]
_ERROR = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): error: (?P<text>.*)")


def main() -> int:
    releases = [load_release(name) for name in sys.argv[1:]] or [load_release(None)]
    found = [error for release in releases for error in errors(release)]
    print(*found, f"typecheck: {len(found)} error(s) in what is ours on {', '.join(release.name for release in releases)}.", sep="\n")
    return 1 if found else 0


def errors(release: Release) -> Iterator[str]:
    """What mypy has to say of what is ours, with its place in the merged tree, which is written anew."""
    tree = default_tree(release)
    with open_wheel(release) as upstream:
        patch = merge_release(release, upstream)
        require_pins(patch)
        write_tree(patch, upstream, tree)
    command = [sys.executable, "-m", "mypy", *_MYPY, f"--cache-dir={release.root / '.mypy_cache' / release.name}", *patch.files]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.stderr.write(done.stdout + done.stderr)
        sys.exit(2)
    ours = {path: _our_lines(patch, path) for path in patch.touches}
    for match in filter(None, map(_ERROR.match, done.stdout.splitlines())):
        path = match["path"].replace("\\", "/")
        if path in patch.new or int(match["line"]) in ours.get(path, ()):
            yield f"{(tree / path).relative_to(release.root)}:{match['line']}: {match['text']}"


def _our_lines(patch: Patch, path: str) -> set[int]:
    """The lines of a touched module, merged, that are of the overlay."""
    overlay = Source.of_file(overlay_files(patch.release)[path], patch.release.root)
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
