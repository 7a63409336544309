"""Put the definitions of an overlay file into the upstream module at the same path. Knows only text: no wheels, no pins.

Definitions are found by qualified name. Each has to be found exactly once and to be of the same kind, and nothing outside of it moves.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .bindings import Binding, bindings
from .errors import ForkError, ForkErrors
from .guard import misfits
from .imports import import_edits
from .overlay import Claim, Import, Overlay, claims_in, imported, is_ellipsis
from .source import Definition, Edit, Function, Source

REPLACED, DECORATED, GUARDED, ADDED = "replaced", "decorated", "guarded", "added"


@dataclass(frozen=True)
class Touch:
    """One definition of the fork: its qualified name, how it came in, and upstream's text of it in parts (None where it was added)."""

    name: str
    how: str
    upstream: tuple[str, ...] | None


@dataclass(frozen=True)
class Merged:
    """A merged module: its bytes, and what in it is ours."""

    data: bytes
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class Lost:
    """A claim that has no place in upstream: what it touches is gone or there twice, or what it adds is upstream's now.

    name: the claim's, MODULE for all of a file.
    """

    name: str
    rank: Literal["gone", "twice", "taken"]
    refusal: ForkError


class LostClaims(ForkErrors):
    """Claims that have no place in upstream, and the touches that the others come to."""

    def __init__(self, lost: Sequence[Lost], touches: tuple[Touch, ...]) -> None:
        super().__init__([each.refusal for each in lost])
        self.lost = tuple(lost)
        self.touches = touches


@dataclass
class _Scope:
    """A module's or a class's body, where a claim is looked up, and where an addition to it goes."""

    prefix: str
    body: list[ast.stmt]
    indent: str
    end: int

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        return bindings(self.body)


def merge(upstream: Source, overlay: Overlay) -> Merged:
    """Upstream's module with the overlay's definitions and missing imports in it.

    Raises LostClaims where definitions are not found exactly once, and ForkError where one is of another kind or changes nothing, and where
    the result is no Python.
    """
    merger = _Merger(upstream, overlay)
    module = _Scope("", upstream.tree.body, "", len(upstream.text))
    merger.add_imports(module)
    merger.merge_scope(module, overlay.claims)
    if merger.lost:
        raise LostClaims(merger.lost, tuple(merger.touches))
    if not merger.edits:
        raise ForkError(
            f"{overlay.source.name} changes nothing.",
            f"Upstream's {upstream.name} has every import of it already, and it defines nothing.",
            "Delete the file, or add what it is for.",
        )
    _require_python(upstream, overlay, upstream.tree.body, sorted(merger.edits, key=lambda edit: edit.start))
    try:
        return Merged(upstream.with_edits(merger.edits), tuple(merger.touches))
    except UnicodeEncodeError as error:
        raise ForkError(
            f"{overlay.source.name} does not fit into {upstream.name}.",
            f"Upstream's file is {upstream.encoding}, which lacks {error.object[error.start : error.end]!r}.",
            "Write that character as an escape.",
        ) from error


def _require_python(upstream: Source, overlay: Overlay, body: Sequence[ast.stmt], edits: Sequence[Edit]) -> None:
    """Compile each smallest statement of a body that has an edit inside, and each edit between statements.

    What stays is upstream's own, and compiling that again took as long as all the rest of the merge.
    """
    left = list(edits)
    for statement in body:
        if isinstance(statement, ast.Expr):
            # No claim, and perhaps the place of what was not parsed.
            continue
        start, end = upstream.start(statement), upstream.end(statement)
        inside = [edit for edit in left if start <= edit.start < end]
        left = [edit for edit in left if edit not in inside]
        if isinstance(statement, ast.ClassDef) and inside and inside[0].start >= upstream.start(statement.body[0]):
            _require_python(upstream, overlay, statement.body, inside)
        elif inside:
            _require_compiles(upstream.indent(start) + upstream.edited(inside, start, end), statement.lineno, upstream, overlay)
    for edit in left:
        _require_compiles(edit.text, upstream.line(edit.start), upstream, overlay)


def _require_compiles(text: str, line: int, upstream: Source, overlay: Overlay) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(f"if True:\n{text}" if text.lstrip("\n")[:1].isspace() else text, upstream.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise ForkError(
            f"{overlay.source.name} does not fit into {upstream.name}:{line}.",
            f"{error}; merged, it reads:\n{text}",
            "Correct the definition that is merged there.",
        ) from error


def find_definition(source: Source, name: str) -> Definition | None:
    """A definition by its qualified name; None if the module does not have it exactly once."""
    body: list[ast.stmt] = source.tree.body
    node: ast.AST | None = None
    for part in name.split("."):
        found = bindings(body).get(part, [])
        if len(found) != 1:
            return None
        node = found[0].node
        body = node.body if isinstance(node, ast.ClassDef) else []
    return node if isinstance(node, Definition) else None


def definition_text(source: Source, name: str) -> str:
    """The text of a definition, newlines as `\\n`; "" if the module does not have it exactly once."""
    node = find_definition(source, name)
    return "" if node is None else source.normalised(source.start(node), source.end(node))


class _Merger:
    def __init__(self, upstream: Source, overlay: Overlay) -> None:
        self.upstream = upstream
        self.overlay = overlay
        self.ours = overlay.source
        self.edits: list[Edit] = []
        self.touches: list[Touch] = []
        self.lost: list[Lost] = []

    def merge_scope(self, scope: _Scope, claims: Sequence[Claim]) -> None:
        for claim in claims:
            found = scope.bindings.get(claim.name[len(scope.prefix) :], [])
            if len(found) > 1:
                lines = ", ".join(str(binding.node.lineno) for binding in found)
                refusal = self._refusal(
                    claim,
                    f"Upstream's {self.upstream.name} defines it {len(found)} times (lines {lines}): overloads, a property and its setter, "
                    "or definitions under a condition. Which one is meant is not clear.",
                    "Claim a definition that is there once, such as a caller of it, or decorate the enclosing class or function.",
                )
                self.lost.append(Lost(claim.name, "twice", refusal))
            elif found:
                self._merge_found(claim, found[0])
            else:
                self._add(claim, scope)

    def _merge_found(self, claim: Claim, found: Binding) -> None:
        if found.kind != claim.kind:
            raise self._refusal(
                claim,
                f"Here it is of the kind {claim.kind}, upstream of the kind {found.kind} ({self.upstream.name}:{found.node.lineno}).",
                "Give it upstream's kind, or put it into a new module under a name of its own.",
            )
        node = found.node
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign))
        if claim.keeps or isinstance(node, ast.ClassDef):
            self._keep(claim, node)
        else:
            self._replace(claim, node)

    def _replace(self, claim: Claim, node: Definition) -> None:
        start, end = self.upstream.start(node), self.upstream.end(node)
        text = self._text(claim, self.upstream.indent(start))
        if text == self.upstream.normalised(start, end):
            raise self._refusal(claim, "It is upstream's text, so it changes nothing.", "Delete it from the overlay.")
        self.edits.append(Edit(start, end, text))
        self.touches.append(Touch(claim.name, REPLACED, self.upstream.parts(node)))

    def _keep(self, claim: Claim, node: Definition) -> None:
        """Leave upstream's body. Our decorators go innermost: only there do they also work below `@router.post` or `@property`."""
        assert isinstance(claim.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if isinstance(claim.node, ast.ClassDef) and (claim.node.bases or claim.node.keywords):
            raise self._refusal(
                claim,
                f"Upstream has this class ({self.upstream.name}:{node.lineno}), and its bases and keywords stay as they are.",
                f"Write `class {claim.node.name}:` and only the members to change.",
            )
        if claim.keeps and not claim.node.decorator_list and not claim.guard:
            raise self._refusal(
                claim,
                "It keeps upstream's body, and has neither a decorator nor statements ahead of it, so it changes nothing.",
                "Decorate it, say what to do ahead of upstream's body, or delete it.",
            )
        if claim.node.decorator_list:
            at = self.upstream.offset(node.lineno, node.col_offset)
            ours = self.ours.offset(claim.node.lineno, claim.node.col_offset)
            text = self.ours.moved(claim.node, self.ours.start(claim.node), ours, self.upstream.indent(at))
            self.edits.append(Edit(at, at, text))
        if claim.guard:
            self._guard(claim, node)
        if claim.node.decorator_list or claim.guard:
            self.touches.append(Touch(claim.name, GUARDED if claim.guard else DECORATED, self.upstream.parts(node)))
        if isinstance(node, ast.ClassDef) and not claim.keeps:
            self._merge_members(claim, node)

    def _guard(self, claim: Claim, node: Definition) -> None:
        """Put our statements ahead of upstream's body, behind its docstring."""
        assert isinstance(claim.node, Function) and isinstance(node, Function)
        try:
            for why, remedy in misfits(claim.guard, claim.node, node):
                raise self._refusal(claim, why, remedy)
        except SyntaxError as error:
            raise self._refusal(claim, f"Its guard is no Python: {error.msg}.", "Correct it.") from error
        text, at = self.ours.ahead_of_ellipsis(claim.node), self.upstream.body_start(node)
        if text is None:
            raise self._refusal(claim, "A guard's statements and its `...` have to stand on lines of their own.", "Break the line.")
        if at is None:
            raise self._refusal(
                claim,
                f"In upstream's {self.upstream.name}:{node.lineno} another statement stands on the line behind which the guard would go.",
                "Decorate the definition, or replace it.",
            )
        start, end = text
        indent = self.upstream.indent(self.upstream.start(node.body[0]))
        ours = self.ours.moved(claim.node, start, end, indent)
        # Over the last character of that line, so that the edit lies inside of a definition whose docstring is all it has.
        self.edits.append(Edit(at - 1, at, f"{self.upstream.text[at - 1]}\n{indent}{ours}"))

    def _merge_members(self, claim: Claim, node: ast.ClassDef) -> None:
        first, last = node.body[0], node.body[-1]
        indent = self.upstream.indent(self.upstream.offset(first.lineno, first.col_offset))
        scope = _Scope(f"{claim.name}.", node.body, indent, self.upstream.end(last))
        assert isinstance(claim.node, ast.ClassDef)
        self.merge_scope(scope, claims_in(self.ours, claim.node.body, scope.prefix))

    def _add(self, claim: Claim, scope: _Scope) -> None:
        where = f"class {scope.prefix[:-1]} of upstream's {self.upstream.name}" if scope.prefix else f"upstream's {self.upstream.name}"
        looks_new = isinstance(claim.node, ast.ClassDef) and claim.node.bases
        if not looks_new and _keeps_any(claim):
            why = f"It keeps a body (`...`) that {where} does not have."
            self.lost.append(Lost(claim.name, "gone", self._refusal(claim, why, "Correct the name, or write the body.")))
            return
        text = self._text(claim, scope.indent)
        if scope.prefix:
            if not self.upstream.ends_line(scope.end) or scope.indent.strip():
                raise self._refusal(
                    claim, f"The {where} is written on one line and takes no more members.", "Put it into a subclass of it."
                )
            # Members of an inner class come before those of the outer class that ends at the same place.
            self.edits.append(Edit(scope.end, scope.end, f"\n\n{scope.indent}{text}", order=-scope.prefix.count(".")))
        else:
            self.edits.append(Edit(scope.end, scope.end, f"{self._blank_lines(scope.end)}{text}\n"))
        self.touches.append(Touch(claim.name, ADDED, None))

    def add_imports(self, module: _Scope) -> None:
        present = set(_top_level_imports(self.upstream.tree.body))
        for item in self.overlay.future_imports:
            if item not in present:
                raise ForkError(
                    f"{self.ours.name}: `{item}`",
                    f"Upstream's {self.upstream.name} does not have it, and it would change the meaning of every annotation there.",
                    "Delete it from the overlay, and quote annotations that are not defined at run time.",
                )
        missing = [item for item in self.overlay.imports if item not in present]
        for item in missing:
            for binding in module.bindings.get(item.bound, []):
                self._refuse_other_meaning(item, binding)
        self.edits += import_edits(self.upstream, missing, self.ours.name)

    def _refuse_other_meaning(self, item: Import, binding: Binding) -> None:
        others = imported(binding.node) if isinstance(binding.node, (ast.Import, ast.ImportFrom)) else ()
        if any((other.bound, other.meaning) == (item.bound, item.meaning) for other in others):
            return
        raise ForkError(
            f"{self.ours.name}: `{item}`",
            f"Upstream's {self.upstream.name}:{binding.node.lineno} uses the name {item.bound} for something else.",
            "Write the import as upstream does, or import it under a name of its own (`as`).",
        )

    def _text(self, claim: Claim, indent: str) -> str:
        return self.ours.moved(claim.node, self.ours.start(claim.node), self.ours.end(claim.node), indent)

    def _blank_lines(self, end: int) -> str:
        """What to put before an addition at the end of the module: two blank lines, counting those there are already."""
        if any(edit.start == end and edit.order == 0 for edit in self.edits):
            return "\n\n"
        text = self.upstream.normalised(0, end)
        return "\n" * max(0, 3 - (len(text) - len(text.rstrip("\n")))) if text else ""

    def _refusal(self, claim: Claim, why: str, remedy: str) -> ForkError:
        return ForkError(f"{self.ours.name}:{claim.node.lineno} claims {claim.name}.", why, remedy)


def _keeps_any(claim: Claim) -> bool:
    """Whether a claim, or a member of a claimed class, leaves a body to upstream."""
    members = ast.walk(claim.node) if isinstance(claim.node, ast.ClassDef) else ()
    return claim.keeps or any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and is_ellipsis(node.body[-1]) for node in members)


def _top_level_imports(body: Sequence[ast.stmt]) -> Iterator[Import]:
    """The imports that run when the module is imported: those of its body and of its `try` blocks, not those under a condition."""
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from imported(statement)
        elif isinstance(statement, ast.Try):
            yield from _top_level_imports(statement.body)
