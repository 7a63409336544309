"""A guard: statements of ours that run ahead of upstream's body, and so among upstream's names."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence

from .bindings import bindings
from .source import Function


def misfits(guard: Sequence[ast.stmt], ours: Function, theirs: Function) -> Iterator[tuple[str, str]]:
    """Why statements that say one thing in our function would say another, or nothing, in upstream's: reasons, each with a remedy.

    Raises SyntaxError where they cannot stand in a function.
    """
    bound, bound_upstream, read = bindings(guard), bindings(theirs.body), _read_from_outside(guard)
    parameters, parameters_upstream = _parameters(ours), _parameters(theirs)
    for name in sorted((read | bound.keys()) & parameters.keys()):
        if parameters[name] != parameters_upstream.get(name):
            has = ", ".join(stars + each for each, stars in parameters_upstream.items()) or "none"
            yield (
                f"Its guard uses the parameter {parameters[name]}{name}, which upstream's definition does not have. It has: {has}.",
                "Use a parameter that upstream has.",
            )
    for name in sorted((read & bound_upstream.keys()) - parameters_upstream.keys()):
        line = bound_upstream[name][0].node.lineno
        yield (
            f"Its guard reads {name}, which upstream's body binds in line {line}: ahead of that it has no value.",
            "Bind it in the guard as well, or use another name.",
        )
    fresh = bound.keys() - bound_upstream.keys() - parameters_upstream.keys()
    for name in sorted(fresh & _read_from_outside(theirs.body)) if fresh else ():
        yield (
            f"Its guard binds {name}, which upstream's body reads from the module: it would read the guard's.",
            "Use another name in the guard.",
        )
    if _yields(guard) and not _yields(theirs.body):
        yield "Its guard yields, which would make a generator of upstream's function.", "Return in the guard, or replace the definition."


def _parameters(function: Function) -> dict[str, str]:
    """The names of a function's parameters, with the stars that stand before each."""
    arguments = function.args
    named = {each.arg: "" for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    starred = {each.arg: stars for each, stars in ((arguments.vararg, "*"), (arguments.kwarg, "**")) if each is not None}
    return named | starred


def _read_from_outside(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that statements of a function read, also in functions inside of it, and do not bind themselves."""
    function = ast.parse("async def function(): ...").body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    function.body = list(statements)
    tables = [symtable.symtable(ast.unparse(function), "", "exec")]
    for table in tables:
        tables += table.get_children()
    return {symbol.get_name() for table in tables for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()}


def _yields(statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for statement in statements for node in ast.walk(statement))
