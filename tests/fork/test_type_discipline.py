"""What tests/fork/type_discipline.py finds of upstream's rules on types."""

from __future__ import annotations

import pytest

from .type_discipline import findings


@pytest.mark.parametrize(
    ("source", "rule", "what"),
    [
        ("def f(given: list[str]) -> None: ...", "LIT001", "list"),
        ("def f() -> tuple[dict[str, str], int]: ...", "LIT001", "dict"),
        ("x: Final['set[int]'] = g()", "LIT001", "set"),
        ("f()  # noqa: B008", "LIT003", "# noqa: B008"),
        ("f()  # noqa", "LIT003", "# noqa"),
        ("x: Final = typing.cast(int, y)", "LIT006", "cast"),
        ("def f(**given: int) -> None: ...", "LIT008", "f"),
        ("f()  # type: ignore[misc]", "LIT009", "# type: ignore[misc]"),
        ("x = 1", "LIT010", "x"),
        ("def f() -> None:\n    x, y = g()\n    x, z = g()", "LIT010", "x"),
        ("def f(x: int) -> None:\n    x = 1", "LIT011", "x"),
        ("def f(x: C) -> None:\n    x.y[0] = 1", "LIT011", "x"),
        ("def f(x: C) -> None:\n    if g():\n        del x.y", "LIT011", "x"),
        ("x: Final = 1  # rebind-ok: why not", "LIT013", "rebind-ok"),
        ("x: Final = (y for z in a for y in z)", "LIT014", "comprehension"),
        ("x: Final = (y for y in a if y if not z)", "LIT014", "comprehension"),
    ],
)
def test_what_breaks_a_rule_is_found(source: str, rule: str, what: str) -> None:
    """Each rule has one finding in a module that breaks it once, under the name it is about."""
    assert dict(findings(source)) == {(rule, what): 1}


@pytest.mark.parametrize(
    "source",
    [
        "def f(given: Sequence[str], form: Literal['list', '24h']) -> Mapping[str, int]: ...",
        "def f(given: list[str]) -> None: ...  # mutable-ok: as upstream has it",
        "f()  # noqa: B008  # for a reason",
        "x: Final = cast(int, y)  # cast-ok: it is one",
        "def f(**given: int) -> None: ...  # kwargs-ok: handed on",
        "for x in y:\n    z = x",
        "def f() -> None:\n    x, y = g()\n    for z in x:\n        y = z",
        "def f(self: C) -> None:\n    self.x = 1",
        "def f(x: int) -> None:\n    def g(x: int) -> None:\n        y: Final = x",
        "A: TypeAlias = dict[str, int]\n__all__ = ()",
    ],
)
def test_what_keeps_to_the_rules_is_not(source: str) -> None:
    """What upstream's own checker lets pass has no finding: read-only types, loops, self, a line that gives its reason."""
    assert dict(findings(source)) == {}
