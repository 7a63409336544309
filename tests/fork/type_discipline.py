"""Upstream's rules on types that no linter has, which it counts in `scripts/check_type_discipline.py`: no change may add to a count.

LIT001  a mutable collection in an annotation (mutable-ok)
LIT003  a noqa without codes or a reason
LIT006  a cast (cast-ok)
LIT008  keyword arguments without names (kwargs-ok)
LIT009  a `type: ignore`, which upstream's type checker does not read
LIT010  a name bound outside a loop without `Final`, or once more (rebind-ok)
LIT011  a parameter bound anew, or changed in place (rebind-ok)
LIT013  a mark with nothing to allow
LIT014  a comprehension with several `for`, or several `if` (comprehension-ok)

A line allows what is in brackets with `# <mark>: <reason>`. Typed dictionaries, type guards and pydantic's models, for which it has rules
as well, are not looked at: what is ours has none.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_MUTABLE = frozenset(
    [
        "dict",
        "list",
        "set",
        "Dict",
        "List",
        "DefaultDict",
        "OrderedDict",
        "Counter",
        "Deque",
        "ChainMap",
        "deque",
        "defaultdict",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
    ]
)
_MARKS = {
    "LIT001": "mutable-ok",
    "LIT006": "cast-ok",
    "LIT008": "kwargs-ok",
    "LIT010": "rebind-ok",
    "LIT011": "rebind-ok",
    "LIT014": "comprehension-ok",
}
_NOQA = re.compile(r"#\s*noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*  # ...)")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class Finding(NamedTuple):
    """What a line has against a rule. what: the name that it is about."""

    line: int
    rule: str
    what: str


class _Binding(NamedTuple):
    name: str
    line: int
    # `=`, with or without an annotation; `Final`; an unpacking or walrus, which cannot say so; or any other statement that binds.
    how: str
    in_loop: bool


def findings(source: str) -> Counter[tuple[str, str]]:
    """How often a module breaks each rule, by rule and the name that it is about."""
    tree = ast.parse(source)
    comments = {
        token.start[0]: token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT
    }
    marks = {(line, mark) for line, text in comments.items() for mark in _MARKS.values() if re.search(rf"#\s*{mark}:\s*\S.{{2}}", text)}
    found = [*_annotations(tree), *_calls(tree), *_names(tree), *_parameters(tree)]
    allowed = {(each.line, _MARKS[each.rule]) for each in found} & marks
    left = [each for each in found if (each.line, _MARKS[each.rule]) not in marks]
    left += [Finding(line, "LIT013", mark) for line, mark in marks - allowed]
    left += [Finding(line, "LIT009", text) for line, text in comments.items() if re.search(r"#\s*type:\s*ignore", text)]
    left += [Finding(line, "LIT003", text) for line, text in comments.items() if _NOQA.search(text)]
    return Counter((each.rule, each.what) for each in left)


def _annotations(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            yield from _mutable(node.annotation, node.lineno)
        elif isinstance(node, _Function) and node.returns is not None:
            yield from _mutable(node.returns, node.returns.lineno)


def _mutable(annotation: ast.AST, line: int) -> Iterator[Finding]:
    name = annotation.id if isinstance(annotation, ast.Name) else annotation.attr if isinstance(annotation, ast.Attribute) else None
    if name in _MUTABLE:
        yield Finding(line, "LIT001", str(name))
    elif isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield from _mutable(ast.parse(annotation.value, mode="eval").body, line)
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Literal")):
        for child in ast.iter_child_nodes(annotation):
            yield from _mutable(child, line)


def _calls(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "cast":
            yield Finding(node.lineno, "LIT006", "cast")
        elif isinstance(node, _Function) and node.args.kwarg is not None:
            yield Finding(node.args.kwarg.lineno, "LIT008", node.name)
        elif isinstance(node, _Comprehension) and (len(node.generators) > 1 or len(node.generators[0].ifs) > 1):
            yield Finding(node.lineno, "LIT014", "comprehension")


def _names(tree: ast.Module) -> Iterator[Finding]:
    for scope in ast.walk(tree):
        if isinstance(scope, _Scope):
            bindings = [each for child in scope.body for each in _bindings(child, in_loop=False)]
            known = _parameters_of(scope) | {each.name for each in bindings if each.how == "Final"}
            seen: set[str] = set()
            for each in bindings:
                may_be_anew = each.in_loop or each.name in known or each.name == "_" or each.name.startswith("__")
                if not may_be_anew and (each.how == "=" or (each.how == "unpacked" and each.name in seen)):
                    yield Finding(each.line, "LIT010", each.name)
                seen.add(each.name)


def _parameters(tree: ast.Module) -> Iterator[Finding]:
    for scope in ast.walk(tree):
        if isinstance(scope, _Function):
            parameters = _parameters_of(scope)
            for child in scope.body:
                yield from (Finding(each.line, "LIT011", each.name) for each in _bindings(child, in_loop=False) if each.name in parameters)
                for target in _targets(child):
                    root: ast.expr = target
                    while isinstance(root, (ast.Attribute, ast.Subscript)):
                        root = root.value
                    if root is not target and isinstance(root, ast.Name) and root.id in parameters - {"self", "cls"}:
                        yield Finding(target.lineno, "LIT011", root.id)


def _parameters_of(scope: _Scope) -> set[str]:
    if isinstance(scope, ast.Module):
        return set()
    given = scope.args
    return {each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if each is not None}


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that are of its own scope."""
    if not isinstance(node, (*_Function.__args__, ast.ClassDef, ast.Lambda)):
        yield from ast.iter_child_nodes(node)


def _bindings(node: ast.AST, *, in_loop: bool) -> Iterator[_Binding]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        kind = ast.unparse(node.annotation).partition("[")[0].split(".")[-1]
        if kind in ("Final", "TypeAlias") or node.value is not None:
            yield _Binding(node.target.id, node.lineno, "Final" if kind in ("Final", "TypeAlias") else "=", in_loop)
    elif isinstance(node, ast.NamedExpr):
        yield _Binding(node.target.id, node.target.lineno, "unpacked", in_loop)
    elif isinstance(node, (*_Function.__args__, ast.ClassDef)):
        yield _Binding(node.name, node.lineno, "other", in_loop)
    else:
        how = "=" if isinstance(node, (ast.Assign, ast.AugAssign)) else "other"
        for target in _stored(node):
            if isinstance(target, ast.Name):
                is_part = isinstance(node, ast.Assign) and target not in node.targets
                yield _Binding(target.id, target.lineno, "unpacked" if is_part else how, in_loop)
    for child in _within(node):
        yield from _bindings(child, in_loop=in_loop or isinstance(node, (ast.For, ast.AsyncFor, ast.While)))


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    """Whatever is stored into or deleted within a statement, and not in functions of its own."""
    yield from _stored(node)
    for child in _within(node):
        yield from _targets(child)


def _stored(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        targets = [node.target]
    else:
        targets = [node.optional_vars] if isinstance(node, ast.withitem) and node.optional_vars is not None else []
    for target in targets:
        parts = [each for each in ast.walk(target) if isinstance(each, (ast.Tuple, ast.List, ast.Starred))]
        yield from (
            each for part in parts for each in ast.iter_child_nodes(part) if isinstance(each, (ast.Name, ast.Attribute, ast.Subscript))
        )
        if not parts:
            yield target
