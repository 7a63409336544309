"""What the tool refuses, as a user meets it: an error that names the thing and the remedy, an exit status, nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from . import checkouts
from .checkouts import INTENT, MODULES, WHY, Checkout, index_settings


def refusal(
    checkout: Checkout, *words: str, arguments: tuple[str, ...] = ("build",), given: bool = True, env: Mapping[str, str] | None = None
) -> str:
    """Run a command that has to be refused; the refusal says these words, and what is written stays as it was."""
    before = sorted(checkout.root.rglob("*"))
    text = checkout.fork(*arguments, given=given, code=1, env=env)
    assert "error: " in text and "why: " in text and "remedy: " in text
    assert [word for word in words if word not in text] == [], text
    assert sorted(checkout.root.rglob("*")) == before
    return text


def test_a_wheel_with_another_hash(checkout: Checkout) -> None:
    """One changed byte stops the build before the wheel is used."""
    data = bytearray(checkout.wheel.read_bytes())
    data[len(data) // 2] ^= 1
    checkout.wheel.write_bytes(data)
    refusal(checkout, checkout.wheel.name, "Its sha256 is", hashlib.sha256(data).hexdigest(), "do not install it")


def test_a_truncated_wheel(checkout: Checkout) -> None:
    """A download that was cut off is called that."""
    checkout.wheel.write_bytes(checkout.wheel.read_bytes()[:-100])
    refusal(checkout, checkout.wheel.name, "it is cut off")


def test_a_wheel_that_is_not_there(checkout: Checkout) -> None:
    """A path that leads nowhere is named."""
    checkout.wheel.unlink()
    refusal(checkout, str(checkout.wheel), "There is no such file")


def test_a_wheel_of_a_platform_that_is_not_pinned(checkout: Checkout) -> None:
    """The refusal lists the pinned wheels and says how to pin another."""
    other = checkout.wheel.rename(checkout.wheel.with_name("litellm-1.0-py3-none-other.whl"))
    checkout.wheel = other
    refusal(checkout, "litellm-1.0-py3-none-other.whl is not pinned", checkouts.WHEEL_NAME, "pin --wheels")


def test_an_own_build_as_base(checkout: Checkout) -> None:
    """A build of the fork is no base, under its own name and under upstream's."""
    checkout.fork("build")
    upstream, checkout.wheel = checkout.wheel, checkout.built()
    refusal(checkout, "It is a build of a fork", "Give upstream's own wheel")
    shutil.copy(checkout.wheel, upstream)
    checkout.wheel = upstream
    checkout.add_release(upstream)
    refusal(checkout, "is release 1.0+test.1, not 1.0", "It is a build of a fork")


def test_a_wheel_of_another_release(checkout: Checkout) -> None:
    """A wheel whose METADATA is of another release than its pins is refused, even if it is pinned."""
    checkout.add_release(checkout.wheel).rename(checkout.root / "releases" / "1.1.json")
    refusal(checkout, "is release 1.0, not 1.1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/simple", "file:///nowhere/simple"])
def test_no_network(checkout: Checkout, url: str) -> None:
    """Without an index the error says how to give a wheel on disk."""
    text = refusal(checkout, "could be fetched", "--config-settings upstream-wheel=PATH", given=False, env=index_settings(url))
    assert checkouts.WHEEL_NAME in text
    assert checkout.cached() == []


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files stands in for a full disk, and Windows has none")
def test_a_full_disk(tmp_path: Path) -> None:
    """If a wheel does not fit, nothing of it is left, and the wheel that was there before is whole."""
    checkout = Checkout(tmp_path / "checkout", {**MODULES, "litellm/large.bin": os.urandom(400_000)})
    checkout.write("litellm/a.py", f"{WHY}\n\ndef greet():\n    return 'goodbye'\n")
    checkout.fork("pin")
    checkout.fork("build")
    before = checkout.built().read_bytes()
    command = ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", sys.executable, "-m", "fork", "build", "--from", str(checkout.wheel)]
    text = checkout.run(command, 1, {})
    assert "litellm-1.0+test.1-py3-none-any.whl could not be written" in text and "Make room" in text
    assert [file.read_bytes() for file in (checkout.root / "dist").iterdir()] == [before]


def test_a_release_that_is_not_pinned(checkout: Checkout) -> None:
    """It is answered with those there are and how to pin it, from the option, the environment and the front end's settings."""
    checkout.add_release(checkouts.write_wheel(checkout.root.parent / "old", version="0.9.1"))
    checkout.add_release(checkouts.write_wheel(checkout.root.parent / "old", version="0.9.2"))
    words = ("Release 9.0 is not pinned", "Pinned are: 0.9.1 .2, 1.0.", "upstream=1.0", "python -m fork move 9.0")
    refusal(checkout, *words, arguments=("build", "--release", "9.0"))
    refusal(checkout, *words, env={"LITELLM_FORK_UPSTREAM": "9.0"})
    assert "Release 9.0 is not pinned" in checkout.backend("build_wheel('.', {'upstream': '9.0'})", code=1)
    refusal(checkout, "'v1' is no release to build from", arguments=("build", "--release", "v1"))


@pytest.mark.parametrize("command", [("build", "--release", "0.8")])
def test_a_release_that_is_excluded(checkout: Checkout, command: tuple[str, ...]) -> None:
    """A release that was withdrawn is neither built nor pinned, and the refusal says why."""
    refusal(checkout, "Release 0.8 is excluded", "It was withdrawn", "fork.json", arguments=command, given=False)


def test_an_unknown_setting(checkout: Checkout) -> None:
    """A misspelt setting is not passed over."""
    text = checkout.backend("build_wheel('.', {'upstream_wheel': 'x'})", code=1)
    assert "There is no setting upstream_wheel" in text and "upstream, upstream-wheel" in text


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"wheels": 1}', '{"like": "1.0", "wheels": {}, "definitions": {}}', "\udcff"])
def test_pins_that_cannot_be_read(checkout: Checkout, content: str) -> None:
    """Broken pins are named."""
    (checkout.root / "releases" / "1.0.json").write_bytes(content.encode(errors="surrogateescape"))
    refusal(checkout, "1.0.json cannot be used")


@pytest.mark.parametrize("content", ["{", "{}", '{"local": "", "excluded": {}}', '{"local": "test.1", "excluded": {"1": 1}}'])
def test_settings_that_cannot_be_read(checkout: Checkout, content: str) -> None:
    """Broken settings of the tool are named."""
    checkout.write("fork.json", content)
    refusal(checkout, "fork.json cannot be used")


GREET = f"{WHY}\n\ndef greet():\n    return 'goodbye'\n"
GUARD = f"{WHY}\n\ndef greet():\n    print()\n    ...\n"


def release(checkout: Checkout, **modules: bytes) -> None:
    """Publish upstream anew with other modules, and pin its hash but no definition."""
    pins = checkout.root / "releases" / "1.0.json"
    content = json.loads(pins.read_text())
    checkout.wheel = checkouts.write_wheel(checkout.root.parent / "next", {**MODULES, **{f"litellm/{k}.py": v for k, v in modules.items()}})
    content["wheels"] = {checkout.wheel.name: hashlib.sha256(checkout.wheel.read_bytes()).hexdigest()}
    pins.write_text(json.dumps(content))


def test_a_definition_that_upstream_changed(checkout: Checkout) -> None:
    """A changed upstream definition stops build and tree; `check` shows the new text, and with the old wheel the difference."""
    old = checkout.wheel
    release(checkout, a=MODULES["litellm/a.py"].replace(b"hello", b"hi"))
    for command in ("build", "tree"):
        refusal(
            checkout, "body only: litellm/a.py: greet has another body", "python -m fork check", "pinned are: 1.0", arguments=(command,)
        )
    text = checkout.fork("check", code=1)
    assert "greet  replaced, NOT CLEAN: body only" in text and "return 'hi'" in text and "return 'hello'" not in text
    text = checkout.fork("check", "--compare", str(old), code=1)
    assert "-    return 'hello'\n+    return 'hi'" in text


OLD = """\
def body(a):
    return 1


@old
def decorated(a):
    return 1


def header(a):
    return 1


def replaced(a):
    return 1


def guarded(a):
    return 1


def twice(a):
    return 1


class K:
    def kept(self):
        return 1


class L:
    def kept(self):
        return 1
"""
DRIFTED = (
    ("def body(a):\n    return 1", "def body(a):\n    return 2"),
    ("@old", "@new"),
    ("def header(a)", "def header(a, b)"),
    ("def replaced", "def other"),
    ("def guarded", "def twice"),
    ("class K", "class M"),
    ("class L", "fresh = 3\n\n\nclass N"),
)
CLAIMS = """

@d
def body(a): ...


@d
def decorated(a): ...


@d
def header(a): ...


def replaced(a):
    return 3


def guarded(a):
    print(a)
    ...


@d
def twice(a): ...


class K:
    def kept(self):
        return 3


class L:
    @d
    def kept(self): ...


fresh = 4
"""


def test_drift_is_told_by_how_bad_it_is(checkout: Checkout) -> None:
    """`check` lists what is gone, then what is there twice, then changed signatures, then mere bodies, and says how many of each."""
    checkout.write("litellm/a.py", WHY + CLAIMS)
    release(checkout, a=OLD.encode())
    checkout.fork("pin")
    old, new = shutil.copy(checkout.wheel, checkout.root), OLD
    for before, after in DRIFTED:
        assert new.count(before) == 1
        new = new.replace(before, after)
    release(checkout, a=new.encode())
    text = checkout.fork("check", "--compare", str(old), code=1)
    assert re.findall(r"^(\w[\w ]*): litellm/a.py: (\S+)", text, re.MULTILINE) == [
        ("gone", "K.kept"),
        ("gone", "L.kept"),
        ("gone", "guarded"),
        ("gone", "replaced"),
        ("twice", "twice"),
        ("taken", "fresh"),
        ("signature", "decorated"),
        ("signature", "header"),
        ("body only", "body"),
        ("unpinned", "K"),
    ]
    assert "-def guarded(a):\n" in text and "-    return 1\n+    return 2\n" in text
    assert "1.0: 10 pin(s) do not hold: 4 gone, 1 twice, 1 taken, 2 signature, 1 body only, 1 unpinned\n" in text
    for command in ("build", "pin"):
        refusal(checkout, "claims guarded", "claims twice", "claims L", "defines it 2 times", arguments=(command,))


def test_a_module_that_upstream_removed(checkout: Checkout) -> None:
    """Each definition that is pinned in a module upstream has no more is told as gone, beside the drift of the others."""
    checkout.write("litellm/windows.py", f"{WHY}\n\ndef greet():\n    return 2\n\n\ndef other():\n    return 3\n")
    checkout.fork("pin")
    pins = checkout.root / "releases" / "1.0.json"
    modules = {path: data.replace(b"hello", b"hi") for path, data in MODULES.items() if path != "litellm/windows.py"}
    old, checkout.wheel = checkout.wheel, checkouts.write_wheel(checkout.root.parent / "next", modules)
    pins.write_text(pins.read_text().replace(*(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in (old, checkout.wheel))))
    text = checkout.fork("check", code=1)
    assert "gone: litellm/windows.py: greet has no one place: Upstream 1.0 has no file" in text
    assert "3 pin(s) do not hold: 2 gone, 1 body only" in text
    refusal(checkout, "litellm/windows.py does not fit upstream")


def test_a_definition_that_upstream_removed(checkout: Checkout) -> None:
    """An override of what upstream has no more is not taken for an addition."""
    release(checkout, a=b"def other():\n    pass\n")
    refusal(checkout, "greet is pinned as upstream's, and upstream has it no more")


def test_an_addition_that_upstream_has_now(checkout: Checkout) -> None:
    """What the fork added, and upstream has under the same name now, is not silently replaced."""
    checkout.write("litellm/a.py", f"{WHY}\n\ndef fresh():\n    return 1\n")
    checkout.fork("pin")
    release(checkout, a=MODULES["litellm/a.py"] + b"\n\ndef fresh():\n    return 2\n")
    refusal(checkout, "fresh is pinned as added by the fork, and upstream has it now")


def test_pins_that_are_missing_or_left_over(checkout: Checkout) -> None:
    """Overlay and pins have to agree: a new claim needs a pin, and a claim that vanished is noticed."""
    checkout.write("litellm/a.py", f"{WHY}\n\ndef other():\n    return 1\n")
    refusal(checkout, "litellm/a.py: other has no pin yet", "greet is pinned, and the overlay does not claim it")
    checkout.fork("pin")
    checkout.fork("build")


def test_every_refusal_is_shown_at_once(checkout: Checkout) -> None:
    """Errors of several overlay files come in one run, each with its file."""
    checkout.write("litellm/a.py", "def greet(): return 1\n")
    checkout.write("litellm/windows.py", f"{WHY}def greet(:\n")
    checkout.write("litellm/typo.py", GUARD)
    text = refusal(
        checkout, "litellm/a.py:1 has no complete", "litellm/windows.py:7 cannot be read", "typo.py does not fit", arguments=("pin",)
    )
    assert text.count("error: ") == 3


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"litellm/typo.py": GUARD}, ["litellm/typo.py does not fit", "has no file litellm/typo.py", "greet leaves its body to upstream"]),
        ({"litellm/typo.py": f"{WHY}\n\nclass K:\n    @d\n    def f(self): ...\n"}, ["has no file litellm/typo.py", "f leaves its body"]),
        ({"litellm/fresh.py": "X = 1\n"}, ["litellm/fresh.py:1 has no complete module docstring"]),
        ({"litellm/__init__.py": f"{WHY}X = 1\n"}, ["__init__.py makes the overlay a package"]),
        ({"litellm/a.txt": "x"}, ["a.txt is in an overlay", "Python modules only"]),
        ({"backports/old/litellm/a.py": WHY}, ["old is no layer", "before-<release>"]),
        ({"backports/before-1.x/litellm/a.py": WHY}, ["'1.x' is no release"]),
        ({"backports/before-2.0/litellm/b.py": WHY}, ["before-2.0/litellm/b.py leaves nothing out"]),
        ({"backports/before-2.0/litellm/a.py": '"""No reason."""\n'}, ["before-2.0/litellm/a.py:1 has no complete module docstring"]),
        ({"backports/before-2.0/litellm/a.py": GREET}, ["before-2.0/litellm/a.py stands twice", "litellm/a.py says"]),
    ],
)
def test_files_that_have_no_place(checkout: Checkout, files: Mapping[str, str], words: list[str]) -> None:
    """A touch is at upstream's path, a module has a reason, a layer says something of its own; nothing else lies in an overlay."""
    for path, text in files.items():
        checkout.write(path, text)
    refusal(checkout, *words, arguments=("pin",))


def test_a_new_module_whose_path_nobody_has_confirmed(checkout: Checkout) -> None:
    """A file that upstream does not have may be a misspelt touch: it is built only once it is pinned as new, which tells so."""
    checkout.write("litellm/fresh.py", f"{WHY}X = 1\n")
    refusal(checkout, "litellm/fresh.py is not pinned as a new module", "is its path right?")
    assert "litellm/fresh.py is not pinned as a new module" in checkout.fork("pin")
    checkout.fork("build")
    release(checkout, fresh=b"X = 2\n")
    assert "taken: litellm/fresh.py has no one place: Upstream 1.0 has the file litellm/fresh.py" in checkout.fork("check", code=1)
    refusal(checkout, "litellm/fresh.py does not fit upstream", "Give the new module another name")


@pytest.mark.parametrize("path", ["litellm/a.py", "litellm/fresh.py"])
def test_a_file_that_serves_no_known_intent(checkout: Checkout, path: str) -> None:
    """A touch and a new module alike name an intent that is declared; the refusal says which are."""
    checkout.write("litellm/fresh.py", f"{WHY}X = 1\n")
    checkout.fork("pin")
    checkout.fork("build")
    checkout.write(path, WHY.replace("Intent: example", "Intent: exmaple") + "X = 1\n")
    refusal(checkout, f"{path} serves the intent 'exmaple'", "intents.json declares: example", "after `Intent:`")


def test_an_intent_that_no_file_serves(checkout: Checkout) -> None:
    """An intent is declared for what is there: for this release, or for another one."""
    checkout.write("intents.json", json.dumps([INTENT, {**INTENT, "slug": "other"}]))
    refusal(checkout, "declares the intent other", "No overlay file serves it")
    checkout.write("backports/before-0.5/litellm/a.py", WHY.replace("Intent: example", "Intent: other") + "X = 1\n")
    checkout.fork("build")


@pytest.mark.parametrize(
    "content",
    ["{", "{}", "[1]", "[{}]", json.dumps([INTENT, INTENT]), json.dumps([{**INTENT, "why": " "}]), json.dumps([{**INTENT, "more": "x"}])],
)
def test_intents_that_cannot_be_read(checkout: Checkout, content: str) -> None:
    """A broken declaration is named, with what it has to be."""
    checkout.write("intents.json", content)
    refusal(checkout, "intents.json cannot be used", "slug, title, why, upstream, forwarded, remove_when")


def test_an_intent_with_a_test_that_is_not_there(checkout: Checkout) -> None:
    """The notes point to no test that does not exist."""
    checkout.write("intents.json", json.dumps([{**INTENT, "tests": ["tests/test_gone.py"]}]))
    refusal(checkout, "intents.json lists tests/test_gone.py under 'example'", "no such file", arguments=("notes",), given=False)


def test_wrong_usage_exits_with_2(checkout: Checkout) -> None:
    """Misuse of the command line is told from a refusal."""
    assert "usage:" in checkout.fork("bild", given=False, code=2)
    assert "usage:" in checkout.fork(given=False, code=2)
