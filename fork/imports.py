"""Where the imports that a merge adds go, and in which form: as upstream's own tools would have them (isort's order, black's layout)."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from .errors import ForkError
from .overlay import Import, imported
from .release import PACKAGE
from .source import Edit, Source

Statement = ast.Import | ast.ImportFrom
Key = tuple[Any, ...]

_FUTURE, _STANDARD, _THIRD_PARTY, _FIRST_PARTY, _RELATIVE = range(5)
_LINE_LENGTHS = (88, 100, 120)
_OPENING = re.compile(r"\([ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_BEHIND_NAME = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
_BLANK_LINES = re.compile(r"\r?\n(?:[ \t]*\r?\n)+")


@dataclass(frozen=True)
class _New:
    """An import statement to add."""

    key: Key
    text: str

    @property
    def section(self) -> int:
        return int(self.key[0])


def import_edits(upstream: Source, missing: Sequence[Import], ours: str) -> Iterator[Edit]:
    """The edits that import what is missing: names join those imported from their module already, the rest becomes new statements.

    All of it goes to the module's first imports. Raises ForkError, naming `ours`, where another statement is in the way there.
    """
    run = _first_run(upstream.tree.body)
    length = _line_length(run)
    new: list[_New] = []
    for names in _statements(missing):
        joined = next((edits for edits in (_joined(upstream, node, names, length) for node in run) if edits), None)
        if joined:
            yield from joined
        else:
            new.append(_New(_key(names[0]), _text(names, length)))
    if run:
        yield from _placed(upstream, run, new, ours)
    elif new:
        yield _first(upstream, new)


def _first_run(body: Sequence[ast.stmt]) -> list[Statement]:
    """The first import statement of a module and those that follow it without another statement between."""
    first = next((number for number, node in enumerate(body) if isinstance(node, Statement)), len(body))
    return [node for node in takewhile(lambda node: isinstance(node, Statement), body[first:]) if isinstance(node, Statement)]


def _line_length(run: Iterable[Statement]) -> int:
    """The line length of upstream's tools, as far as its imports tell. Should it be longer, they leave alone what is broken up here."""
    longest = max((node.end_col_offset or 0 for node in run if node.lineno == node.end_lineno), default=0)
    return next((length for length in _LINE_LENGTHS if longest <= length), _LINE_LENGTHS[-1])


def _statements(missing: Iterable[Import]) -> list[list[Import]]:
    """The statements that import these names, in order: plain names of one module share one, any other name has its own."""
    groups: dict[object, list[Import]] = {}
    for item in missing:
        groups.setdefault(item if item.alias or item.module is None else item.module, []).append(item)
    return sorted((sorted(group, key=_name_key) for group in groups.values()), key=lambda names: _key(names[0]))


def _key(item: Import) -> Key:
    """What isort orders statements by: the section, `import` before `from`, the module without regard to case, the first name."""
    module = item.name if item.module is None else item.module.lstrip(".")
    dots = 0 if item.module is None else len(item.module) - len(module)
    name = (_natural(module.lower()), _natural(module), _name_key(item), item.alias or "")
    return _section(module, dots), item.module is not None, -dots, *name


def _section(module: str, dots: int) -> int:
    top = module.split(".")[0]
    if dots:
        return _RELATIVE
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    return _FIRST_PARTY if top == PACKAGE else _THIRD_PARTY


def _name_key(item: Import) -> Key:
    """What isort orders names by: a star, then constants, then classes, then the rest, as far as their case tells."""
    kind = 1 if len(item.name) > 1 and item.name.isupper() else 2 if item.name[0].isupper() else 3
    return item.name != "*" and kind, _natural(item.name.lower()), _natural(item.name)


def _natural(text: str) -> Key:
    """A text in the order in which numbers count by their value."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", text))


def _text(names: Sequence[Import], length: int) -> str:
    line = ", ".join([str(names[0]), *(item.member for item in names[1:])])
    return line if len(line) <= length or names[0].module is None else f"from {names[0].module} import {_broken(names)}"


def _broken(names: Iterable[Import]) -> str:
    return "(" + "".join(f"\n    {item.member}," for item in names) + "\n)"


def _joined(upstream: Source, node: Statement, names: Sequence[Import], length: int) -> list[Edit]:
    """The edits that add names to a statement which imports others from their module; none if it is no place for them."""
    there = list(imported(node))
    plain = [item for item in there if item.alias is None and item.name != "*"]
    if names[0].module is None or names[0].alias or not plain or there[0].module != names[0].module:
        return []
    if node.lineno != node.end_lineno:
        return _joined_lines(upstream, node, there, names)
    whole, (start, end) = upstream.span(node, node), upstream.span(node.names[0], node.names[-1])
    for item in names:
        there.insert(_place(item, there), item)
    text = ", ".join(item.member for item in there)
    if whole[1] - whole[0] - (end - start) + len(text) > length:
        text = _broken(there)[1:-1] if "(" in upstream.text[whole[0] : start] else _broken(there)
    return [Edit(start, end, text)]


def _joined_lines(upstream: Source, node: Statement, there: Sequence[Import], names: Sequence[Import]) -> list[Edit]:
    """As `_joined`, for a statement over several lines: none unless it has one name a line."""
    found = [_OPENING.search(upstream.text, *upstream.span(node, node.names[0]))]
    found += [_BEHIND_NAME.match(upstream.text, upstream.span(alias, alias)[1]) for alias in node.names]
    lines = [match for match in found if match is not None]
    if len(lines) < len(found):
        return []
    indent = upstream.indent(upstream.span(node.names[0], node.names[0])[0])
    places = [_place(item, there) for item in names]
    edits = [Edit(lines[place].end(), lines[place].end(), f"\n{indent}{item.member},") for place, item in zip(places, names, strict=True)]
    comma = lines[-1].start()
    return edits if lines[-1][1] or len(there) not in places else [Edit(comma, comma, ","), *edits]


def _place(item: Import, others: Sequence[Import]) -> int:
    """How many of the others stay ahead of it: up to the last that sorts so. Where they are in no order it comes late rather than early."""
    return max((number for number, other in enumerate(others, 1) if _name_key(other) < _name_key(item)), default=0)


def _placed(upstream: Source, run: Sequence[Statement], new: Sequence[_New], ours: str) -> Iterator[Edit]:
    """New statements among those of the run: each behind the last that sorts ahead of it."""
    keys = [_key(next(imported(node))) for node in run]
    groups: dict[int, list[_New]] = {}
    for each in new:
        place = max((number for number, key in enumerate(keys, 1) if key < each.key), default=0)
        free = next((number for number in range(place, len(run) + 1) if _is_free(upstream, run, number)), None)
        if free is None:
            raise ForkError(
                f"{ours} has imports to add.",
                f"In upstream's {upstream.name}:{run[-1].lineno} another statement follows the imports on their line.",
                "Import inside of the function that needs it.",
            )
        groups.setdefault(free, []).append(each)
    for place, group in groups.items():
        yield from _behind(upstream, run[place - 1 : place + 1], group) if place else [_ahead(upstream, run[0], group)]


def _is_free(upstream: Source, run: Sequence[Statement], place: int) -> bool:
    """Whether a line may be put there: ahead of the first statement, or behind one that no other follows on its line."""
    return upstream.ends_line(upstream.end(run[place - 1])) if place else not upstream.indent(upstream.start(run[0])).strip()


def _ahead(upstream: Source, node: Statement, new: Sequence[_New]) -> Edit:
    at = upstream.start(node)
    return Edit(at, at, _block(new) + ("\n" if new[-1].section == _section_of(node) else "\n\n"))


def _behind(upstream: Source, nodes: Sequence[Statement], new: Sequence[_New]) -> Iterator[Edit]:
    """New statements behind the first of one or two, with blank lines between sections if upstream has some there."""
    end = upstream.end(nodes[0])
    blank = list(_BLANK_LINES.finditer(upstream.text, end, upstream.start(nodes[1]))) if len(nodes) > 1 else []
    spaced = bool(blank) or len(nodes) == 1
    sections = [_section_of(node) for node in nodes]
    # The first of a section that upstream has further down joins it there, behind the blank line.
    joining = [each for each in new if blank and each.section == sections[1] != sections[0]]
    rest = [each for each in new if each not in joining]
    if rest:
        yield Edit(end, end, ("\n\n" if spaced and rest[0].section != sections[0] else "\n") + _block(rest, spaced))
    if joining:
        yield Edit(blank[-1].end(), blank[-1].end(), f"{_block(joining)}\n")


def _section_of(node: Statement) -> int:
    return int(_key(next(imported(node)))[0])


def _block(new: Sequence[_New], spaced: bool = True) -> str:
    """Statements, each on lines of its own, with blank lines between sections if they are spaced."""
    gaps = ["\n\n" if spaced and one.section != other.section else "\n" for one, other in pairwise(new)]
    return "".join(gap + each.text for gap, each in zip(["", *gaps], new, strict=True))


def _first(upstream: Source, new: Sequence[_New]) -> Edit:
    """New statements of a module that has none: behind its docstring, or ahead of all it has."""
    body = upstream.tree.body
    if ast.get_docstring(upstream.tree, clean=False) is not None:
        end = upstream.end(body[0])
        return Edit(end, end, f"\n\n{_block(new)}")
    if body:
        start = upstream.start(body[0])
        return Edit(start, start, f"{_block(new)}\n\n")
    return Edit(len(upstream.text), len(upstream.text), f"{_block(new)}\n")
