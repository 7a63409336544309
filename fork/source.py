"""A module's bytes beside their syntax tree, and the way from one to the other."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
import warnings
from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from .errors import ForkError

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef | ast.Assign | ast.AnnAssign

_BOM = b"\xef\xbb\xbf"
# Where Python's own tokenizer ends a line. str.splitlines() also splits at form feeds and U+2028, which would shift every line after them.
_LINE_END = re.compile(r"\r\n|\r|\n")
_STATEMENT = re.compile(r"^(?=[^\W\d]|@)", re.MULTILINE)
_DEFINED = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_UP_TO_COLON = re.compile(r"(?:[^#:]|#[^\r\n]*)*:")
_REST_OF_LINE = re.compile(r"[ \t\f]*(#[^\r\n]*)?(?=\r|\n|\Z)")


class Source:
    """One Python module as it lies on disk or in a wheel.

    text: what the bytes say, newlines untouched. tree: its syntax tree. newline: the module's own line ending.
    names: if given, top-level functions and classes of other names are not parsed; `0` stands for each in the tree.
    Raises ForkError, with the line, if the bytes are no Python.
    """

    def __init__(self, name: str, raw: bytes, names: Collection[str] | None = None) -> None:
        self.name = name
        self.raw = raw
        self._bom = _BOM if raw.startswith(_BOM) else b""
        try:
            self.encoding = tokenize.detect_encoding(io.BytesIO(raw).readline)[0].replace("utf-8-sig", "utf-8")
            self.text = raw[len(self._bom) :].decode(self.encoding)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(self.text if names is None else _reduced(self.text, names), name)
        except (SyntaxError, ValueError) as error:
            raise ForkError(f"{name}{line_of(error)} cannot be read as Python.", str(error), "Correct that line.") from error
        self.newline = "\r\n" if "\r\n" in self.text else "\n"

    @classmethod
    def of_file(cls, file: Path, root: Path) -> Source:
        """A file of a checkout, named by its path from the root of that."""
        return cls(file.relative_to(root).as_posix(), file.read_bytes())

    @cached_property
    def _line_starts(self) -> list[int]:
        # Some twenty times faster than a search, and right wherever no carriage return stands alone.
        if "\r" not in self.text.replace("\r\n", ""):
            return [0, *accumulate(map((1).__add__, map(len, self.text.split("\n"))))]
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def offset(self, line: int, column: int) -> int:
        """The index into the text of an ast position (lines count from 1, columns are UTF-8 bytes)."""
        start = self._line_starts[line - 1]
        prefix = self.text[start : start + column]
        return start + (column if prefix.isascii() else len(self.text[start : start + column].encode()[:column].decode()))

    def start(self, node: ast.stmt) -> int:
        """Where a statement starts: a definition at the `@` of its first decorator, if it has one."""
        decorators = getattr(node, "decorator_list", [])
        if decorators:
            return self.text.rindex("@", 0, self.offset(decorators[0].lineno, decorators[0].col_offset))
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.stmt) -> int:
        """Where a statement ends; a comment behind it on its last line belongs to it."""
        return self._with_comment(self.offset(node.end_lineno or 0, node.end_col_offset or 0))

    def _with_comment(self, offset: int) -> int:
        rest = _REST_OF_LINE.match(self.text, offset)
        return rest.end() if rest else offset

    def header_end(self, node: Function | ast.ClassDef) -> int:
        """Where the colon of a definition ends."""
        header = (part for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt) for part in ast.walk(child))
        parts = (part for part in header if isinstance(part, (ast.expr, ast.arg, ast.keyword)))
        ends = [self.offset(part.end_lineno or 0, part.end_col_offset or 0) for part in parts]
        colon = _UP_TO_COLON.match(self.text, max([self.offset(node.lineno, node.col_offset), *ends]))
        assert colon is not None
        return colon.end()

    def body_start(self, node: Function) -> int | None:
        """The end of the line behind which a body starts: its docstring's, else its header's. None if the body is on that line."""
        documented = ast.get_docstring(node, clean=False) is not None
        offset = self.end(node.body[0]) if documented else self._with_comment(self.header_end(node))
        return None if self.indent(self.start(node.body[0])).strip() or not self.ends_line(offset) else offset

    def ahead_of_ellipsis(self, node: Function) -> tuple[int, int] | None:
        """The span of a body that ends in `...`, from behind its docstring to there. None if they share a line with anything else."""
        start, end = self.body_start(node), self.start(node.body[-1])
        if start is None or self.indent(end).strip():
            return None
        text = self.text[start:end]
        return start + len(text) - len(text.lstrip()), start + len(text.rstrip())

    def span(self, first: ast.stmt | ast.alias, last: ast.stmt | ast.alias) -> tuple[int, int]:
        """Where the text from one node to another starts and ends."""
        return self.offset(first.lineno, first.col_offset), self.offset(last.end_lineno or 0, last.end_col_offset or 0)

    def ends_line(self, offset: int) -> bool:
        """Whether nothing else stands behind this offset on its line."""
        return offset == len(self.text) or self.text[offset] in "\r\n"

    def normalised(self, start: int, end: int) -> str:
        """A span of the text with every newline as `\\n`."""
        return _LINE_END.sub("\n", self.text[start:end])

    def parts(self, node: Definition) -> tuple[str, ...]:
        """The normalised text of a definition: its signature, which is decorators and header, and its body; of a constant all in one."""
        start, end = self.start(node), self.end(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            return (self.normalised(start, end),)
        colon = self.header_end(node)
        return self.normalised(start, colon), self.normalised(colon, end)

    def indent(self, offset: int) -> str:
        """What stands before this offset on its line."""
        return self.text[self._line_starts[self.line(offset) - 1] : offset]

    def line(self, offset: int) -> int:
        """The number of the line, from 1, that an index into the text lies on."""
        return bisect_right(self._line_starts, offset)

    def moved(self, node: Definition, start: int, end: int, indent: str) -> str:
        """text[start:end] of a definition, newlines as `\\n`, moved to another indentation. Lines inside strings stay as they are."""
        own = self.indent(start)
        first, *rest = self.normalised(start, end).split("\n")
        if own == indent:
            return "\n".join([first, *rest])
        inside_strings = {
            line
            for part in ast.walk(node)
            if isinstance(part, (ast.Constant, ast.JoinedStr)) and part.end_lineno is not None
            for line in range(part.lineno + 1, part.end_lineno + 1)
        }
        numbered = enumerate(rest, self.line(start) + 1)
        return "\n".join(
            [first]
            + [
                indent + text[len(own) :] if text and text.startswith(own) and number not in inside_strings else text
                for number, text in numbered
            ]
        )

    def with_edits(self, edits: Iterable[Edit]) -> bytes:
        """The bytes with each edit made; all that no edit names stays as it is. Raises UnicodeEncodeError as str.encode does."""
        return self._bom + self.edited(edits, 0, len(self.text)).encode(self.encoding)

    def edited(self, edits: Iterable[Edit], start: int, end: int) -> str:
        """text[start:end] with each edit made. Raises ForkError if two of them would rewrite the same text."""
        parts: list[str] = []
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.order)):
            if edit.start < start:
                raise ForkError(
                    f"{self.name}:{self.line(edit.start)} is claimed twice.",
                    "Two definitions of the overlay would rewrite the same text.",
                    "Claim only one of the definitions that share this line.",
                )
            parts += [self.text[start : edit.start], edit.text.replace("\n", self.newline)]
            start = edit.end
        return "".join([*parts, self.text[start:end]])


@dataclass(frozen=True)
class Edit:
    """Text (newlines as `\\n`) to put in place of text[start:end]. Of edits at one place, those of the lower order come first."""

    start: int
    end: int
    text: str
    order: int = 0


def line_of(error: Exception) -> str:
    """`:<line>` for an error that knows its line, else nothing."""
    line = getattr(error, "lineno", None)
    return f":{line}" if line else ""


def _reduced(text: str, names: Collection[str]) -> str:
    """The text with `0` and empty lines for each top-level function or class of another name: lines keep their numbers.

    Parsing is what a merge spends its time on, and of upstream's largest modules it needs a few definitions. A line of a string that looks
    like a statement is told by the triple quotes before it: only what starts and ends outside of strings is left out.
    """
    parts: list[str] = []
    decorated, open_quotes = "", False
    for part in _STATEMENT.split(text):
        whole = not open_quotes
        open_quotes ^= part.count('"""') % 2 == 1 or part.count("'''") % 2 == 1
        part = decorated + part
        decorated = ""
        defined = _DEFINED.search(part)
        if part.startswith("@") and defined is None:
            decorated = part
        elif whole and not open_quotes and defined is not None and "\r" not in part and not _is_one(defined[1], names):
            parts.append("0" + "\n" * part.count("\n"))
        else:
            parts.append(part)
    return "".join([*parts, decorated])


def _is_one(name: str, names: Collection[str]) -> bool:
    """Whether a name is one of these, in any spelling that Python reads as the same (Language Reference, 2.3)."""
    return (name if name.isascii() else unicodedata.normalize("NFKC", name)) in names
