"""Which names a scope binds, and by which statements."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from .overlay import KINDS, constant_name, imported


@dataclass(frozen=True)
class Binding:
    """A statement that binds a name. kind is one of the overlay's kinds, or "import" or "binding" for what no overlay can replace."""

    kind: str
    node: ast.stmt | ast.Name | ast.ExceptHandler | ast.MatchAs | ast.MatchStar


def bindings(body: Sequence[ast.stmt]) -> dict[str, list[Binding]]:
    """Every name that a scope binds, also under its `if`, `try`, `with`, `for` and `while`, with each statement that binds it."""
    collector = _Bindings()
    for statement in body:
        collector.visit(statement)
    return collector.found


class _Bindings(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: dict[str, list[Binding]] = {}

    def _bind(self, name: str, binding: Binding) -> None:
        self.found.setdefault(name, []).append(binding)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._bind(node.name, Binding(KINDS[type(node)], node))

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        name = constant_name(node)
        if name is None:
            self.generic_visit(node)
        else:
            self._bind(name, Binding(KINDS[type(node)], node))

    visit_Assign = visit_AnnAssign = _assignment

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for item in imported(node):
            self._bind(item.bound, Binding("import", node))

    visit_Import = visit_ImportFrom = _import

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, Binding("binding", node))

    def _caught(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name, Binding("binding", node))
        self.generic_visit(node)

    visit_ExceptHandler = visit_MatchAs = visit_MatchStar = _caught

    def _own_scope(self, node: ast.AST) -> None:
        """Names bound inside of a lambda or comprehension stay there."""

    visit_Lambda = visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _own_scope
