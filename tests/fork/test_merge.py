"""The merge on made-up modules: what it may change, to the byte, and what it refuses."""

from __future__ import annotations

import pytest

from fork.errors import ForkError
from fork.merge import Merged, merge
from fork.overlay import read_overlay
from fork.source import Source

from .checkouts import WHY


def run(upstream: str | bytes, overlay: str | bytes) -> Merged:
    theirs = upstream if isinstance(upstream, bytes) else upstream.encode()
    ours = WHY.encode() + (overlay if isinstance(overlay, bytes) else overlay.encode())
    read = read_overlay(Source("overlay/m.py", ours))
    whole = merge(Source("litellm/m.py", theirs), read)
    assert merge(Source("litellm/m.py", theirs, read.names), read) == whole
    return whole


def merged(upstream: str, overlay: str) -> str:
    return run(upstream, overlay).data.decode()


def refused(upstream: str, overlay: str) -> str:
    with pytest.raises(ForkError) as caught:
        run(upstream, overlay)
    assert caught.value.remedy
    return str(caught.value)


def test_replaces_a_function_whole_and_nothing_else() -> None:
    """A function both have is ours, decorators and all; the text around it is upstream's."""
    upstream = "# top\nX = 1\n\n\n@old\ndef f(a):\n    return a  # last\n\n# between\ndef g(): pass\n"
    assert merged(upstream, "def f(b):\n    # kept\n    return b\n") == (
        "# top\nX = 1\n\n\ndef f(b):\n    # kept\n    return b\n\n# between\ndef g(): pass\n"
    )


def test_decorates_a_kept_body_innermost() -> None:
    """Our decorator stands directly above `def`, so it works below `@property` and route decorators, and upstream's body stays."""
    upstream = "class A:\n    @route.post('/x')\n    @property\n    async def f(self):\n        return 1\n"
    overlay = "class A:\n    @ours(1)\n    async def f(self): ...\n"
    assert merged(upstream, overlay) == (
        "class A:\n    @route.post('/x')\n    @property\n    @ours(1)\n    async def f(self):\n        return 1\n"
    )


def test_decorates_a_class_and_merges_its_members() -> None:
    """An overlay class is a container: its decorators go to upstream's class, its members into it, bases stay upstream's."""
    upstream = "@first\nclass A(Base, metaclass=M):\n    x = 1\n\n    def f(self):\n        return 1\n\n\nend = 1\n"
    overlay = "@second\nclass A:\n    x: int = 2\n\n    def g(self):\n        return 3\n"
    assert merged(upstream, overlay) == (
        "@first\n@second\nclass A(Base, metaclass=M):\n    x: int = 2\n\n    def f(self):\n        return 1\n"
        "\n    def g(self):\n        return 3\n\n\nend = 1\n"
    )


def test_reaches_members_of_nested_classes() -> None:
    """A qualified name may go through several classes; additions to an inner class stay in it where both end at the same place."""
    upstream = "class A:\n    class B:\n        def f(self):\n            return 1\n"
    overlay = "class A:\n    class B:\n        def f(self):\n            return 2\n\n        y = 1\n\n    z = 2\n"
    result = run(upstream, overlay)
    assert result.data.decode() == ("class A:\n    class B:\n        def f(self):\n            return 2\n\n        y = 1\n\n    z = 2\n")
    assert [(touch.name, touch.how) for touch in result.touches] == [("A.B.f", "replaced"), ("A.B.y", "added"), ("A.z", "added")]


def test_adds_what_upstream_lacks_at_the_end() -> None:
    """Definitions upstream does not have follow at the end of the module, each after two blank lines."""
    assert merged("def f(): pass", "class New(Exception):\n    '''Doc.'''\n\n\nY = 2\n") == (
        "def f(): pass\n\n\nclass New(Exception):\n    '''Doc.'''\n\n\nY = 2\n"
    )


def test_replaces_a_constant_such_as_all() -> None:
    """A module constant is replaced whole, over all of its lines and with its comment."""
    assert merged("__all__ = [\n    'a',\n]  # names\nb = 1\n", "__all__ = ['a', 'b']\n") == "__all__ = ['a', 'b']\nb = 1\n"


def test_finds_a_definition_under_a_condition_and_keeps_strings_when_moving_it() -> None:
    """A definition under `try` counts as found; ours is indented to its place, except for lines inside of strings."""
    upstream = "try:\n    def f():\n        return 1\nexcept ImportError:\n    pass\n"
    overlay = "def f():\n    '''Doc\n    more'''\n    return (\n        2\n    )\n"
    assert merged(upstream, overlay) == (
        "try:\n    def f():\n        '''Doc\n    more'''\n        return (\n            2\n        )\nexcept ImportError:\n    pass\n"
    )


def test_imports_for_type_checkers_are_not_merged() -> None:
    """`if TYPE_CHECKING:` in an overlay helps who reads the overlay, and changes nothing upstream."""
    overlay = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import T\n\n\ndef f(a: 'T'): return a\n"
    assert merged("from typing import TYPE_CHECKING\n\n\ndef f(a): pass\n", overlay) == (
        "from typing import TYPE_CHECKING\n\n\ndef f(a: 'T'): return a\n"
    )


def test_keeps_crlf() -> None:
    """A module with CRLF gets our lines with CRLF, and the text a pin is made of is the same as for LF."""
    upstream = "import os\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n"
    overlay = "import sys\n\n\ndef f():\n    return '''a\nb'''\n\n\nY = 1\n"
    plain, windows = run(upstream, overlay), run(upstream.replace("\n", "\r\n"), overlay)
    assert windows.data == plain.data.replace(b"\n", b"\r\n")
    assert windows.touches == plain.touches


def test_an_overlay_with_crlf_gives_the_same() -> None:
    """How git checked the overlay out does not matter."""
    overlay = "import sys\n\n\n@d\ndef f(): ...\n"
    assert run("def f():\n    pass\n", overlay.replace("\n", "\r\n")).data == run("def f():\n    pass\n", overlay).data


def test_keeps_a_byte_order_mark_and_another_encoding() -> None:
    """BOM and declared encoding stay, also for what we add."""
    assert run(b"\xef\xbb\xbfX = 1\n", "X = 2\n").data == b"\xef\xbb\xbfX = 2\n"
    latin = b"# -*- coding: latin-1 -*-\nX = '\xe9'\nY = '\xe9'\n"
    assert run(latin, "Y = 'ü'\n").data == b"# -*- coding: latin-1 -*-\nX = '\xe9'\nY = '\xfc'\n"


def test_refuses_a_character_the_encoding_lacks() -> None:
    """A module that cannot hold our text is named, not written wrong."""
    with pytest.raises(ForkError, match="does not fit into litellm/m.py"):
        run(b"# -*- coding: latin-1 -*-\nY = 1\n", "Y = '\u20ac'\n")


def test_counts_lines_as_python_does() -> None:
    """A form feed, U+2028 and a lone carriage return in a string do not shift what comes after them."""
    upstream = "A = '\u2028 \x0c \x85'\n\x0c\ndef f():\n    return 1\n\n\nB = 'x'\n"
    assert merged(upstream, "def f():\n    return 2\n") == upstream.replace("return 1", "return 2")
    lone = "A = '''\r'''\nB = 1\nC = 2\n"
    assert merged(lone, "B = 3\n") == lone.replace("B = 1", "B = 3")


def test_counts_columns_as_python_does() -> None:
    """Text that is not ASCII before a definition on its line does not shift it."""
    assert merged("A = '\u00e4\u20ac\U0001f600'; B = 1; C = 3\n", "B = 22\n") == "A = '\u00e4\u20ac\U0001f600'; B = 22; C = 3\n"


def test_a_decorator_in_parentheses_over_lines_is_replaced_whole() -> None:
    """The `@` is found also where its expression starts later."""
    assert merged("@ (\n    deco\n)\ndef f(): pass\nX = 1\n", "def f(): return 1\n") == "def f(): return 1\nX = 1\n"


@pytest.mark.parametrize(
    ("upstream", "overlay", "words"),
    [
        ("def g(): pass\n", "@d\ndef f(): ...\n", ["overlay/m.py:8 claims f", "keeps a body", "litellm/m.py does not have"]),
        ("class A:\n    pass\n", "class A:\n    @d\n    def f(self): ...\n", ["claims A.f", "class A of upstream's"]),
        ("@overload\ndef f(a): ...\n@overload\ndef f(b): ...\ndef f(c): pass\n", "@d\ndef f(): ...\n", ["3 times (lines 2, 4, 5)"]),
        (
            "class A:\n    @property\n    def x(self): pass\n    @x.setter\n    def x(self, v): pass\n",
            "class A:\n    def x(self): return 1\n",
            ["claims A.x", "2 times"],
        ),
        ("if a:\n    X = 1\nelse:\n    X = 2\n", "X = 3\n", ["claims X", "2 times"]),
        ("__all__ = []\n__all__ += ['x']\n", "__all__ = ['y']\n", ["claims __all__", "2 times"]),
        (
            "def f(): pass\n",
            "async def f(): return 1\n",
            ["Here it is of the kind async function, upstream of the kind function"],
        ),
        ("def f(): pass\n", "@d\nasync def f(): ...\n", ["of the kind async function"]),
        ("class f: pass\n", "@d\ndef f(): ...\n", ["function, upstream of the kind class"]),
        ("from x import f\n", "def f(): return 1\n", ["function, upstream of the kind import", "litellm/m.py:1"]),
        ("a, X = 1, 2\n", "X = 1\n", ["constant, upstream of the kind binding"]),
        ("def f(): pass\n", "def f(): ...\n", ["has neither a decorator", "so it changes nothing"]),
        ("def f():\n    return 1\n", "def f():\n    return 1\n", ["It is upstream's text, so it changes nothing"]),
        ("class A: pass\n", "class A: ...\n", ["changes nothing"]),
        ("import os\n", "import os\n", ["overlay/m.py changes nothing"]),
        ("class A(B): pass\n", "class A(B):\n    x = 1\n", ["claims A", "bases and keywords stay"]),
        ("class A: pass\n", "class A:\n    x = 1\n", ["claims A.x", "written on one line"]),
        ("X = 1\n", "from __future__ import annotations\nX = 2\n", ["from __future__ import annotations", "every annotation"]),
        ("def cast(): pass\n", "from typing import cast\nX = 1\n", ["from typing import cast", "litellm/m.py:1", "something else"]),
        ("from a import x\n", "from b import x\nX = 1\n", ["from b import x", "something else"]),
        ("import os; X = 1\n", "import sys\n", ["another statement follows the imports"]),
        ("X = 1; import os; Y = 1\n", "import abc\n", ["another statement follows the imports"]),
        ("X = 1; Y = 1\n", "X = 1\n", ["changes nothing"]),
    ],
)
def test_refuses_what_is_not_found_once_or_changes_nothing(upstream: str, overlay: str, words: list[str]) -> None:
    """Not found, found twice, of another kind, without effect: each is refused, with file, name and reason."""
    text = refused(upstream, overlay)
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ("print('x')\n", ["overlay/m.py:7", "print('x')"]),
        ("for x in y: pass\n", ["overlay/m.py:7", "for x in y"]),
        ("if a:\n    X = 1\n", ["overlay/m.py:7", "if a"]),
        ("A = B = 1\n", ["overlay/m.py:7", "A = B = 1"]),
        ("class f:\n    'Doc.'\n", ["overlay/m.py:8", "Doc."]),
        ("X = 1\nX = 2\n", ["overlay/m.py:8 defines X again", "Line 7"]),
        ("class f:\n    def g(self): return 1\n    def g(self): return 2\n", ["defines f.g again"]),
        ("from x import *\nX = 1\n", ["star import"]),
        ("if TYPE_CHECKING:\n    X = 1\n", ["overlay/m.py:8", "if TYPE_CHECKING"]),
        ("", ["overlay/m.py changes nothing"]),
    ],
)
def test_refuses_what_the_grammar_does_not_know(overlay: str, words: list[str]) -> None:
    """Anything in an overlay but docstring, imports and definitions is refused with file and line."""
    text = refused("class f:\n    pass\n", overlay)
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize(
    ("docstring", "missing"),
    [
        ("", "a paragraph that says why, Intent:, Upstream:, Remove when:"),
        ('"""Why."""\n', "Intent:, Upstream:, Remove when:"),
        ('"""Why.\n\nIntent: a\nUpstream: x#1\n"""\n', "Remove when:"),
        ('"""Why.\n\nUpstream: x#1\nRemove when: y\n"""\n', "Intent:"),
        ('"""Intent: a\nUpstream: x#1\nRemove when: y\n"""\n', "a paragraph that says why"),
        ('"""Why.\n\nIntent: a\nUpstream:\nRemove when: y\n"""\n', "Upstream:"),
    ],
)
def test_refuses_a_docstring_without_a_required_part(docstring: str, missing: str) -> None:
    """Why, the intent, the upstream issue and the removal condition are required, and the refusal names what is missing."""
    with pytest.raises(ForkError, match=f"It lacks {missing}\\."):
        read_overlay(Source("overlay/m.py", f"{docstring}X = 1\n".encode()))


@pytest.mark.parametrize("fields", ["Upstream: x\nIntent: a\nRemove when: y", "Intent: a\nIntent: b\nUpstream: x\nRemove when: y"])
def test_refuses_a_docstring_whose_fields_are_out_of_order(fields: str) -> None:
    """Every file has its fields once and in the same order, so that a reader finds them."""
    with pytest.raises(ForkError, match="another order, or more than once"):
        read_overlay(Source("overlay/m.py", f'"""Why.\n\n{fields}\n"""\nX = 1\n'.encode()))


def test_reads_docstring_fields_over_several_lines() -> None:
    """A field may wrap onto indented lines, and the reason may have several paragraphs."""
    text = '"""One.\n\nTwo.\n\nIntent: a\nUpstream: x#1,\n    x#2\nRemove when: a\n    and b.\n"""\nX = 1\n'
    reason = read_overlay(Source("overlay/m.py", text.encode())).reason
    assert (reason.why, reason.intent, reason.upstream, reason.remove_when) == ("One.\n\nTwo.", "a", "x#1, x#2", "a and b.")


def test_names_the_line_of_a_syntax_error() -> None:
    """An overlay that is no Python is refused with file and line."""
    with pytest.raises(ForkError, match=r"overlay/m.py:8 cannot be read as Python"):
        run("X = 1\n", "Y = 2\ndef f(:\n")


def test_names_what_makes_the_result_no_python() -> None:
    """What parses, and does not compile in its place, is refused before it is written."""
    assert "does not fit into litellm/m.py:1." in refused("def f(): pass\n", "def f():\n    nonlocal x\n    return x\n")


def test_leaves_out_no_string_that_looks_like_code() -> None:
    """What is not parsed is left out by whole definitions: text in a string that reads like one hides nothing and finds nothing."""
    upstream = (
        "A = '''\ndef f():\n    pass\n\n\nclass B:\n    pass\n'''\n\n\n@deco(\n    1\n)\n@other\ndef g():\n"
        '    """\ndef f(): pass\n    """\n    return 1\n\n\ndef f():\n    return 2\n\n\nimport late\n'
    )
    assert merged(upstream, "import late\n\n\ndef f():\n    return 3\n") == upstream.replace("return 2", "return 3")


def test_finds_a_name_in_another_spelling() -> None:
    """Python reads a ligature in a name as its letters, so a definition that is written with one is found, and counted."""
    upstream = "def \N{LATIN SMALL LIGATURE FI}x():\n    return 1\n"
    assert merged(upstream, "def fix():\n    return 2\n") == "def fix():\n    return 2\n"
    assert "defines it 2 times" in refused(upstream + "def fix(): pass\n", "def fix():\n    return 2\n")


def test_a_guard_goes_ahead_of_upstreams_body() -> None:
    """A body that ends in `...` puts its statements behind upstream's docstring, or first, and all that was there stays."""
    upstream = (
        "class A:\n    @route.post('/x')\n    async def f(self, error: E, *args, key=(lambda: 1), **kwargs) -> T:  # why: this\n"
        '        """Upstream\'s."""  # own\n        # first\n        return await self.g()\n\n    @staticmethod\n    def g(\n        a,\n'
        "        b,\n    ):\n        # first\n        yield a\n\n"
        "    class B:\n        def h(self): # one\n            '''All it has.'''\n\n        x = 1\n"
    )
    overlay = (
        "class A:\n    @ours\n    async def f(self, error, **kwargs):\n        '''Not merged.'''\n        # because\n\n        if error:\n"
        "            raise error\n        # so\n        ...\n\n    def g(b):\n        from x import y\n\n        y(b)\n        ...\n\n"
        "    class B:\n        def h(self):\n            print('''a\nb''')\n            return\n            ...\n\n        y = 2\n"
    )
    result = run(upstream, overlay)
    expected = upstream.replace("    async def", "    @ours\n    async def")
    expected = expected.replace("# own\n", "# own\n        # because\n\n        if error:\n            raise error\n        # so\n")
    expected = expected.replace("    ):\n", "    ):\n        from x import y\n\n        y(b)\n")
    expected = expected.replace("has.'''\n", "has.'''\n            print('''a\nb''')\n            return\n")
    assert result.data.decode() == expected + "\n        y = 2\n"
    assert [(touch.name, touch.how) for touch in result.touches] == [
        ("A.f", "guarded"),
        ("A.g", "guarded"),
        ("A.B.h", "guarded"),
        ("A.B.y", "added"),
    ]
    assert result.touches[2].upstream == ("def h(self):", " # one\n            '''All it has.'''")
    assert run(upstream.replace("\n", "\r\n"), overlay).data.decode() == result.data.decode().replace("\n", "\r\n")


def test_a_guard_of_all_that_a_module_has() -> None:
    """A guard stands in its function also where that ends the module, and what is added follows it."""
    assert merged("def f(a):\n    'Doc.'", "def f(a):\n    return a\n    ...\n\n\nX = 1\n") == (
        "def f(a):\n    'Doc.'\n    return a\n\n\nX = 1\n"
    )


def test_a_guard_may_bind_what_upstream_binds_itself() -> None:
    """A parameter may be replaced, a local name of upstream's may be set, and a name inside of a comprehension is nobody's."""
    upstream = "def f(a, *args, **kwargs):\n    import os\n    key = os.name\n    return [k for k in a if key]\n"
    overlay = (
        "def f(a, *args, **kwargs):\n    import os\n    a = g(a, [key for key in args], kwargs, lambda key: key, os)\n    k = a\n    ...\n"
    )
    assert merged(upstream, overlay) == upstream.replace(
        "    import os\n", "    import os\n    a = g(a, [key for key in args], kwargs, lambda key: key, os)\n    k = a\n    import os\n", 1
    )


@pytest.mark.parametrize(
    ("upstream", "overlay", "words"),
    [
        ("def f(b): pass\n", "def f(a):\n    print(a)\n    ...\n", ["uses the parameter a", "It has: b."]),
        ("def f(): pass\n", "def f(a):\n    a = 1\n    ...\n", ["uses the parameter a", "It has: none."]),
        ("def f(b):\n    pass\n", "def f(a):\n    print(lambda: a)\n    ...\n", ["uses the parameter a"]),
        ("def f(*a, **kw):\n    pass\n", "def f(a, **kwargs):\n    print(kwargs)\n    ...\n", ["parameter **kwargs", "It has: *a, **kw."]),
        ("def f(*a):\n    pass\n", "def f(a):\n    print(a)\n    ...\n", ["uses the parameter a", "It has: *a."]),
        ("def f():\n    import os\n", "def f():\n    print(os.name)\n    ...\n", ["reads os", "binds in line 2"]),
        ("def f():\n    try: pass\n    except E as e: pass\n", "def f():\n    print(e)\n    ...\n", ["reads e", "binds in line 3"]),
        ("def f():\n    return x\n", "def f():\n    x = 1\n    ...\n", ["binds x", "reads from the module"]),
        ("def f():\n    return 1\n", "def f():\n    yield 1\n    ...\n", ["would make a generator"]),
        ("def f():\n    return 1\n", "def f():\n    nonlocal x\n    x = 1\n    ...\n", ["is no Python", "nonlocal"]),
        ("def f():\n    return 1\n", "def f():\n    await g()\n    ...\n", ["does not fit into litellm/m.py:1", "outside async function"]),
        ("def f(): return 1\n", "def f():\n    g()\n    ...\n", ["litellm/m.py:1", "on the line behind which the guard would go"]),
        ("def f(): 'Doc.'\n", "def f():\n    g()\n    ...\n", ["on the line behind which the guard would go"]),
        ("def f():\n    'Doc.'; x = 1\n", "def f():\n    g()\n    ...\n", ["on the line behind which the guard would go"]),
        ("def f():\n    return 1\n", "def f(): g(); ...\n", ["lines of their own"]),
        ("def f():\n    return 1\n", "def f():\n    g(); ...\n", ["lines of their own"]),
        ("def f():\n    return 1\n", "def f():\n    'Doc.'; g()\n    ...\n", ["lines of their own"]),
        ("def f():\n    return 1\n", "def f():\n    'Doc.'\n    ...\n", ["neither a decorator nor statements ahead of it"]),
        ("def g(): pass\n", "def f():\n    g()\n    ...\n", ["keeps a body", "does not have"]),
        ("@overload\ndef f(a): ...\ndef f(c): pass\n", "def f():\n    g()\n    ...\n", ["2 times"]),
        ("async def f():\n    pass\n", "def f():\n    g()\n    ...\n", ["of the kind async function"]),
    ],
)
def test_refuses_a_guard_that_would_say_something_else_there(upstream: str, overlay: str, words: list[str]) -> None:
    """A guard names only what has the same meaning ahead of upstream's body, and goes only where it changes no other line."""
    text = refused(upstream, overlay)
    assert "overlay/m.py" in text
    assert [word for word in words if word not in text] == [], text
