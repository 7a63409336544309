"""Moving to another release: what it says, what it refuses, and what it does once all is settled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from . import checkouts
from .checkouts import MODULES, UV, WHY, Checkout

pytestmark = pytest.mark.skipif(UV is None or shutil.which("make") is None, reason="it takes uv and make")

UPSTREAM = """\
class K:
    def method(self):
        return "by its body"

    def same(self):
        return 1


def one(a):
    return 1


def two(a):
    return 2


def three(a):
    return 3


def signed(a):
    return 4


def doubled(a):
    return 5


def leaving(a):
    return 6


def lost(a):
    return 7


def constant(a):
    return 8
"""
CLAIMS = """

class K:
    @d
    def method(self): ...

    def same(self):
        return 0


def one(a):
    print(a)
    ...


def two(a):
    return 0


@d
def three(a): ...
"""
HARMLESS = (("return 1\n\n\ndef two", "return 1.0\n\n\ndef two"), ("return 2", "return 2.0"), ("return 3", "return 3.0"))
RENAMED = (("def method", "def renamed"),)
# Run in place of the real suites: what it is told, and whether the wheel is there.
MAKEFILE = 'test-unit:\n\t@test -s "$(WHEEL)" && echo "suites: $(RELEASE) $(notdir $(WHEEL))"\n'


class Move:
    """A made-up checkout on release 1.0, and a release 1.1 with some changes, on an index that has both."""

    def __init__(self, checkout: Checkout, changes: tuple[tuple[str, str], ...], claims: str = CLAIMS, **more: str) -> None:
        self.checkout = checkout
        modules = {**MODULES, "litellm/a.py": UPSTREAM.encode()}
        checkout.wheel = checkouts.write_wheel(checkout.root.parent / "release", modules)
        checkout.add_release(checkout.wheel)
        checkout.write("litellm/a.py", WHY + claims)
        checkout.write("litellm/ours.py", f"{WHY}X = 1\n")
        checkout.write("Makefile", MAKEFILE)
        checkout.fork("pin")
        text = UPSTREAM
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        modules |= {"litellm/a.py": text.encode(), **{f"litellm/{name}.py": value.encode() for name, value in more.items()}}
        self.next = checkouts.write_wheel(checkout.root.parent / "next", modules, "1.1")
        self.index = {**checkout.index(checkout.wheel, self.next), "UV": str(UV)}
        self.pins = checkout.root / "releases" / "1.1.json"

    def __call__(self, *arguments: str, code: int = 0) -> str:
        before = {file: file.read_bytes() for file in self.checkout.root.rglob("*") if file.is_file()}
        text = self.checkout.fork("move", "1.1", *arguments, given=False, code=code, env=self.index)
        after = {file: file.read_bytes() for file in self.checkout.root.rglob("*") if file.is_file()}
        assert code == 0 or before == after, "a move that is refused changed something"
        return text


def test_one_command_says_what_a_release_changed_under_the_overlay(checkout: Checkout) -> None:
    """Three harmless bodies and a renamed method: exactly that is said, with upstream's two texts of each, and nothing is changed."""
    move = Move(checkout, HARMLESS + RENAMED)
    text = move(code=1)
    found, _, rest = text[text.index("1.1, by the pins") :].partition("Fetching litellm 1.0")
    assert found == (
        "1.1, by the pins of 1.0: 2 unchanged, 3 body changed, 1 renamed\n"
        "  unchanged          litellm/a.py:K.same\n"
        "  unchanged          litellm/ours.py\n"
        "  body changed       litellm/a.py:one\n"
        "  body changed       litellm/a.py:three\n"
        "  body changed       litellm/a.py:two\n"
        "  renamed            litellm/a.py:K.method -> litellm/a.py:K.renamed\n"
    )
    assert "--- 1.0: litellm/a.py:K.method\n+++ 1.1: litellm/a.py:K.renamed\n" in text
    for line in ("-    return 1\n+    return 1.0\n", "-    return 3\n+    return 3.0\n", "-def method(self):\n+def renamed(self):\n"):
        assert line in text
    assert "why: body changed       litellm/a.py:one\n" in rest
    assert "`--settled litellm/a.py:one litellm/a.py:three litellm/a.py:two`" in rest and "backports/before-1.1/litellm/" in rest


def test_what_is_settled_is_built_tested_and_pinned(checkout: Checkout) -> None:
    """Once the overlay follows the rename and a human has looked at the bodies, one command does the rest; both releases build."""
    move = Move(checkout, HARMLESS + RENAMED)
    overlay = checkout.root / "litellm" / "a.py"
    checkout.write("backports/before-1.1/litellm/a.py", overlay.read_bytes())
    overlay.write_text(overlay.read_text().replace("def method", "def renamed"))
    bodies = [f"litellm/a.py:{name}" for name in ("one", "two", "three")]
    text = move("--settled", *bodies, code=1)
    assert "new claim          litellm/a.py:K.renamed\n" in text and "dropped            litellm/a.py:K.method\n" in text
    text = move("--settled", *bodies, "litellm/a.py:K.renamed")
    assert "suites: 1.1 litellm-1.1+test.1-py3-none-any.whl\n" in text and "1.1.json: pinned" in text
    assert move.next.name in json.loads(move.pins.read_bytes())["wheels"]
    assert "1.1: every pin holds" in checkout.fork("check", "--release", "1.1", given=False)
    assert "litellm-1.1+test.1" in checkout.fork("build", given=False)
    assert "litellm-1.0+test.1" in checkout.fork("build", "--release", "1.0", given=False)


def test_a_release_that_changed_nothing_takes_one_command(checkout: Checkout) -> None:
    """Where every claimed definition is unchanged, nobody is asked; a second move is refused, since the pins stand."""
    move = Move(checkout, ())
    assert "1.1, by the pins of 1.0: 6 unchanged\n" in move()
    assert "Release 1.1 is pinned already" in move(code=1)


def test_a_release_whose_suites_fail_is_not_pinned(checkout: Checkout) -> None:
    """What is settled and does not work is no release of the fork."""
    move = Move(checkout, ())
    checkout.write("Makefile", "test-unit:\n\t@false\n")
    assert "The suites do not pass on 1.1, and nothing was pinned" in move(code=1)
    assert not move.pins.exists()


@pytest.mark.parametrize(
    ("old", "new", "elsewhere", "said"),
    [
        ("def signed(a)", "def signed(a, b)", {}, "signature changed  litellm/a.py:signed"),
        ("def doubled(a)", "def doubled(a): pass\ndef doubled(a)", {}, "twice              litellm/a.py:doubled"),
        ("def leaving(a):\n    return 6\n", "", {"b": "def leaving(a):\n    return 66\n"}, "litellm/a.py:leaving -> litellm/b.py:leaving"),
        ("def lost(a):\n    return 7\n", "", {}, "gone               litellm/a.py:lost"),
        ("def constant(a):\n    return 8\n", "constant = print\n", {}, "another kind       litellm/a.py:constant"),
        ("def one(a)", "def added(): pass\n\n\ndef one(a)", {}, "taken              litellm/a.py:added"),
        ("def one(a)", "def one(a)", {"ours": "X = 2\n"}, "taken              litellm/ours.py"),
    ],
)
def test_each_way_a_definition_can_change_is_named(checkout: Checkout, old: str, new: str, elsewhere: dict[str, str], said: str) -> None:
    """A changed signature, a second definition, a move to another module, a loss, another kind, and what upstream has of its own now."""
    claims = "\n\n@d\ndef signed(a): ...\n\n\n@d\ndef doubled(a): ...\n\n\n@d\ndef leaving(a): ...\n\n\n@d\ndef lost(a): ...\n"
    move = Move(checkout, ((old, new),), f"{claims}\n\n@d\ndef constant(a): ...\n\n\ndef added():\n    return 0\n", **elsewhere)
    text = move(code=1)
    assert said in text and "6 unchanged" in text
    assert "--settled" in text if "signature" in said else "--settled" not in text


def test_only_what_was_found_changed_can_be_settled(checkout: Checkout) -> None:
    """A misspelt name is not passed over, and what has no place in the release cannot be settled away."""
    move = Move(checkout, HARMLESS + RENAMED)
    assert "litellm/a.py:tow cannot be settled" in move("--settled", "litellm/a.py:tow", code=1)
    assert "litellm/a.py:K.method cannot be settled" in move("--settled", "litellm/a.py:K.method", code=1)


def test_a_module_that_moved_is_found_by_its_definitions(checkout: Checkout, tmp_path: Path) -> None:
    """Where upstream moved a whole file, each definition is said to be where it is now."""
    move = Move(checkout, (), "\n\n@d\ndef one(a): ...\n\n\n@d\ndef two(a): ...\n")
    modules = {path: data for path, data in MODULES.items() if path != "litellm/a.py"} | {"litellm/sub/b.py": UPSTREAM.encode()}
    move.next = checkouts.write_wheel(checkout.root.parent / "next", modules, "1.1")
    move.index = {**checkout.index(checkout.wheel, move.next), "UV": str(UV)}
    text = move(code=1)
    assert "moved              litellm/a.py:one -> litellm/sub/b.py:one\n" in text
    assert "moved              litellm/a.py:two -> litellm/sub/b.py:two\n" in text
