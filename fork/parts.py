"""A module of the overlay by its top-level definitions: what each of them uses, and the module's text with some of them only."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property

from .bindings import bindings
from .overlay import Import, checks_types_only, imported
from .source import Source

# The formatter of upstream's breaks an import statement that is longer.
_WIDTH = 120
_TYPED_BY_STRING = ("cast", "TypeVar")


class Parts:
    """A module of the overlay. definitions: the statement of each name that it defines at its top, in order.

    apart: names of decorators that do not come with what they stand on: each is a definition of its own, called `@name`.
    """

    def __init__(self, source: Source, apart: Collection[str] = ()) -> None:
        self.source = source
        found = decorators(source)
        self._apart = {f"@{name}": found[name] for name in sorted(apart) if name in found}
        bound = [(statement, [*bindings([statement])]) for statement in source.tree.body if not _imports(statement)]
        self.definitions: dict[str, ast.stmt] = {name: statement for statement, names in bound for name in names}
        self._always = [statement for statement, names in bound if not names]
        self.definitions.update({name: ast.Expr(ast.Tuple(nodes)) for name, nodes in self._apart.items()})

    @cached_property
    def _imports(self) -> dict[str, Import]:
        statements = (statement for statement in self.source.tree.body if _imports(statement))
        return {item.bound: item for statement in statements for item in _imported_by(statement)}

    def uses(self, name: str) -> set[str]:
        """What a definition uses, by dotted names: `json.loads`, or `.helper` for what the module itself defines."""
        if self._apart and name not in self._apart:
            return self._without(self._apart).uses(name)
        return {dotted for statement in (self.definitions[name], *self._always) for dotted in self._uses(statement)}

    def _without(self, apart: Collection[str]) -> Parts:
        """The module without these of the decorators that come by themselves."""
        gone = {line for name in apart for node in self._apart[name] for line in range(node.lineno, (node.end_lineno or 0) + 1)}
        text = "\n".join(line for number, line in enumerate(self.source.text.split("\n"), 1) if number not in gone)
        left = {name.removeprefix("@") for name in self._apart.keys() - {*apart}}
        return Parts(Source(self.source.name, text.encode(self.source.encoding)), left)

    def _uses(self, statement: ast.stmt) -> set[str]:
        local = {
            item.bound: item for node in ast.walk(statement) if isinstance(node, (ast.Import, ast.ImportFrom)) for item in imported(node)
        }
        found = {_dotted(item) for item in local.values()}
        known = {
            **{name: f".{name}" for name in self.definitions},
            **{name: _dotted(item) for name, item in {**self._imports, **local}.items()},
        }
        for chain in _chains(statement):
            first, *rest = chain
            if first in known:
                found.add(".".join([known[first], *rest]))
        # A module that is imported to take names from it is used by those names.
        return {
            each for each in found if not (each in map(_dotted, local.values()) and any(other.startswith(f"{each}.") for other in found))
        }

    def only(self, names: Collection[str]) -> bytes:
        """The module's bytes with these of its definitions, the imports that they use, and what is between them."""
        if self.definitions.keys() <= {*names}:
            return self.source.raw
        later = self._apart.keys() - {*names}
        return (self._without(later) if later else self)._pieces(names)

    def _pieces(self, names: Collection[str]) -> bytes:
        kept = [*self._always, *(self.definitions[name] for name in self.definitions if name in names)]
        used = {chain[0] for statement in kept for chain in _chains(statement)}
        blocks = [statement for statement in self.source.tree.body if isinstance(statement, ast.If) and _imports(statement)]
        # Such a block names what it asks, which is imported as well.
        used |= {chain[0] for block in blocks if self._pruned(block, "", used) for chain in _chains(block.test)}
        text, gap, end = "", 0, 0
        for statement in self.source.tree.body:
            piece = self.source.text[end : self.source.end(statement)]
            end = self.source.end(statement)
            body = piece.lstrip("\n")
            gap = max(gap, len(piece) - len(body))
            new = body if statement in kept else _imports(statement) and self._pruned(statement, body, used)
            if new:
                text += "\n" * gap * bool(text) + new
                gap = 0
        return f"{text}\n".encode(self.source.encoding)

    def _pruned(self, statement: ast.stmt, text: str, used: Collection[str]) -> str:
        """An import statement, or a block of them for type checkers, with the names that are used; empty without any."""
        if isinstance(statement, ast.If):
            inner = [self._pruned(each, ast.unparse(each), used) for each in statement.body]
            lines = [f"    {line}" for each in inner for line in each.splitlines()]
            return "\n".join(["if TYPE_CHECKING:", *lines]) if lines else ""
        assert isinstance(statement, (ast.Import, ast.ImportFrom))
        there = [*imported(statement)]
        kept = [item for item in there if item.bound in used or item.module == "__future__"]
        if len(kept) == len(there) or not kept:
            return text if kept else ""
        head = "import" if kept[0].module is None else f"from {kept[0].module} import"
        line = f"{head} {', '.join(item.member for item in kept)}"
        return line if len(line) <= _WIDTH else "\n".join([f"{head} (", *(f"    {item.member}," for item in kept), ")"])


def decorators(source: Source) -> dict[str, list[ast.expr]]:
    """The decorators of a module's functions and methods by their names, each wherever it stands."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(source.tree):
        for each in node.decorator_list if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ():
            if isinstance(each, ast.Name):
                found.setdefault(each.id, []).append(each)
    return found


def _imports(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom)) or checks_types_only(statement)


def _imported_by(statement: ast.stmt) -> Iterator[Import]:
    for node in ast.walk(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imported(node)


def _dotted(item: Import) -> str:
    """What an import's name stands for, as one dotted name."""
    return item.meaning[1] if item.module is None else f"{item.module}.{item.name}"


def _chains(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Each name that is read in a piece of code, with the attributes that are read of it: `a.b.c` as a, b and c."""
    names: list[str] = []
    inner = node
    while isinstance(inner, ast.Attribute):
        names.insert(0, inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        yield (inner.id, *names)
        return
    for child in _quoted(inner):
        yield from _chains(child)
    for child in ast.iter_child_nodes(inner):
        yield from _chains(child)


def _quoted(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions that a node holds as text: a type's name in an annotation, in a cast or in a type variable's bounds."""
    places: list[ast.expr | None] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TYPED_BY_STRING:
        places += node.args
    elif isinstance(node, (ast.arg, ast.AnnAssign)):
        places.append(node.annotation)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        places.append(node.returns)
    for place in places:
        for each in ast.walk(place) if place is not None else ():
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                try:
                    yield ast.parse(each.value, mode="eval").body
                except SyntaxError:
                    continue
