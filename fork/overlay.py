"""What an overlay file says: why it is there, what it imports, which definitions it claims. Anything else in it is refused."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import ForkError
from .source import Definition, Source

_FIELDS = ("Intent", "Upstream", "Remove when")
_FIELD = re.compile(r"^(Intent|Upstream|Remove when):[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
KINDS = {
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "async function",
    ast.ClassDef: "class",
    ast.Assign: "constant",
    ast.AnnAssign: "constant",
}


@dataclass(frozen=True)
class Reason:
    """The docstring of an overlay file: why the touch exists, the intent it serves, its upstream issue or PR, and when it can go."""

    why: str
    intent: str
    upstream: str
    remove_when: str


@dataclass(frozen=True)
class Import:
    """One imported name. module is None for `import name`, else dots and name of the `from` module."""

    module: str | None
    name: str
    alias: str | None

    @property
    def bound(self) -> str:
        """The name this import binds."""
        return self.alias or (self.name.split(".")[0] if self.module is None else self.name)

    @property
    def meaning(self) -> tuple[str | None, str]:
        """What the bound name stands for: `import a.b` binds the package `a`."""
        return self.module, self.name if self.module is not None or self.alias else self.bound

    @property
    def member(self) -> str:
        """What stands for it behind `import`."""
        return f"{self.name} as {self.alias}" if self.alias else self.name

    def __str__(self) -> str:
        return f"import {self.member}" if self.module is None else f"from {self.module} import {self.member}"


@dataclass(frozen=True)
class Claim:
    """A definition in an overlay file.

    name: its qualified name. keeps: its body ends in `...`, which stands for upstream's. guard: a function's statements ahead of that.
    """

    name: str
    node: Definition
    keeps: bool
    guard: tuple[ast.stmt, ...] = ()

    @property
    def kind(self) -> str:
        return KINDS[type(self.node)]


@dataclass(frozen=True)
class Overlay:
    """An overlay file, read."""

    source: Source
    reason: Reason
    imports: tuple[Import, ...]
    future_imports: tuple[Import, ...]
    claims: tuple[Claim, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names it claims or imports at the top of the module: what else upstream defines there does not concern it."""
        return frozenset(claim.name for claim in self.claims) | frozenset(item.bound for item in self.imports)


def read_reason(source: Source) -> Reason:
    """The required docstring of an overlay file or new module. Raises ForkError if a part is missing."""
    text = inspect.cleandoc(ast.get_docstring(source.tree, clean=False) or "")
    fields = {name: " ".join(value.split()) for name, value in _FIELD.findall(text)}
    first_field = _FIELD.search(text)
    why = text[: first_field.start()].strip() if first_field else text.strip()
    parts = {"a paragraph that says why": why, **{f"{name}:": fields.get(name) for name in _FIELDS}}
    missing = [name for name, value in parts.items() if not value]
    if missing or [name for name, _ in _FIELD.findall(text)] != list(_FIELDS):
        raise ForkError(
            f"{source.name}:1 has no complete module docstring.",
            f"It lacks {', '.join(missing)}." if missing else "Its fields come in another order, or more than once.",
            "Start the file with a docstring: why the touch exists, then `Intent: <slug>`, `Upstream: <issue or PR, or none yet>` and "
            "`Remove when: <condition>`.",
        )
    return Reason(why, fields["Intent"], fields["Upstream"], fields["Remove when"])


def without_fields(source: Source) -> bytes:
    """A new module as it is merged: its docstring without the fields, which are about this repository."""
    start, end = source.start(source.tree.body[0]), source.end(source.tree.body[0])
    field = _FIELD.search(source.text, start, end)
    assert field is not None
    said = source.text[start : field.start()].rstrip()
    quotes = source.text[end - 3 : end]
    newline = "\n" if "\n" in said else ""
    return f"{source.text[:start]}{said}{newline}{quotes}{source.text[end:]}".encode(source.encoding)


def read_overlay(source: Source) -> Overlay:
    """Read an overlay file. Raises ForkError, with file and line, for anything the grammar does not know."""
    reason = read_reason(source)
    imports: list[Import] = []
    statements: list[ast.stmt] = []
    for statement in source.tree.body[1:]:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports += imported(statement)
        elif not _is_for_type_checkers(source, statement):
            statements.append(statement)
    for item in imports:
        if item.name == "*":
            raise ForkError(f"{source.name}: `{item}`", "A star import hides which names it binds.", "Import the names one by one.")
    future = tuple(item for item in imports if item.module == "__future__")
    claims = claims_in(source, statements, "")
    if not claims and len(imports) == len(future):
        raise ForkError(
            f"{source.name} changes nothing.", "It has neither a definition nor an import.", "Delete the file, or add what it is for."
        )
    return Overlay(source, reason, tuple(item for item in imports if item not in future), future, claims)


def kept_of_upstream(source: Source) -> str | None:
    """The name of a definition that leaves its body to upstream, as only a touch can; None if there is none. Overloads are told apart."""
    for node in source.tree.body:
        members = node.body if isinstance(node, ast.ClassDef) and not node.bases else [node]
        for member in members:
            if not isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) or not is_ellipsis(member.body[-1]):
                continue
            if not any(ast.unparse(decorator).endswith("overload") for decorator in member.decorator_list):
                return member.name
    return None


def imported(statement: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """The names an import statement imports."""
    module = "." * statement.level + (statement.module or "") if isinstance(statement, ast.ImportFrom) else None
    for alias in statement.names:
        yield Import(module, alias.name, alias.asname)


def checks_types_only(statement: ast.stmt) -> bool:
    """Whether a statement is `if TYPE_CHECKING:`, whose body never runs."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def is_ellipsis(statement: ast.stmt) -> bool:
    """Whether a statement is `...`, which stands for upstream's body."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and statement.value.value is ...


def constant_name(statement: ast.stmt) -> str | None:
    """The name of `NAME = ...` or `NAME: T = ...`; None for any other statement."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return None
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def claims_in(source: Source, statements: list[ast.stmt], prefix: str) -> tuple[Claim, ...]:
    """The definitions among statements of an overlay file, named behind a prefix. Raises ForkError for any other statement."""
    claims: dict[str, Claim] = {}
    for statement in statements:
        claim = _claim(source, statement, prefix)
        if claim.name in claims:
            raise ForkError(
                f"{source.name}:{statement.lineno} defines {claim.name} again.",
                f"Line {claims[claim.name].node.lineno} has defined it already, so one of them is lost.",
                "Keep one of the two.",
            )
        claims[claim.name] = claim
    return tuple(claims.values())


def _claim(source: Source, statement: ast.stmt, prefix: str) -> Claim:
    if isinstance(statement, ast.ClassDef):
        return Claim(prefix + statement.name, statement, keeps=len(statement.body) == 1 and is_ellipsis(statement.body[0]))
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        documented = ast.get_docstring(statement, clean=False) is not None
        keeps = is_ellipsis(statement.body[-1])
        return Claim(prefix + statement.name, statement, keeps, tuple(statement.body[documented:-1]) if keeps else ())
    name = constant_name(statement)
    if name is not None and isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return Claim(prefix + name, statement, keeps=False)
    raise ForkError(
        f"{source.name}:{statement.lineno} holds what an overlay file may not: {ast.unparse(statement).splitlines()[0][:60]!r}.",
        "Besides its docstring, an overlay file has only imports and definitions: functions, classes, and constants of one name each.",
        "Put the code into a definition, or into a new module of ours, at a path that upstream does not have.",
    )


def _is_for_type_checkers(source: Source, statement: ast.stmt) -> bool:
    if not checks_types_only(statement):
        return False
    assert isinstance(statement, ast.If)
    for inner in [*statement.body, *statement.orelse]:
        if statement.orelse or not isinstance(inner, (ast.Import, ast.ImportFrom)):
            raise ForkError(
                f"{source.name}:{inner.lineno} stands under `if TYPE_CHECKING:`.",
                "That block is not merged, it only helps who reads the overlay: it may hold imports and nothing else.",
                "Move the statement out, or delete it.",
            )
    return True
