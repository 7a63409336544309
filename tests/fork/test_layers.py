"""Which files make up the overlay of a release, and how its pins are written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fork.release import ROOT, Release, listed, load_release, order, pinned

from . import checkouts
from .checkouts import WHY, Checkout

GREET = "\n\ndef greet():\n    return {}\n"


def test_releases_are_compared_by_their_numbers() -> None:
    """1.106 is newer than 1.81, and the same as 1.106.0."""
    releases = ["1.106.0", "1.81.14", "1.106", "1.81.3", "1.82", "1.9.9"]
    assert sorted(releases, key=order) == ["1.9.9", "1.81.3", "1.81.14", "1.82", "1.106.0", "1.106"]
    assert order("1.106") == order("1.106.0") != order("1.106.1")
    assert listed(["1.106.2", "1.81.3", "1.81.14", "1.9"]) == "1.9, 1.81.3 .14, 1.106.2"


@pytest.mark.parametrize(
    ("version", "windows"),
    [
        ("1.0", b"return 1\r\n"),
        ("0.10", b"return 'before 1.0'\r\n"),
        ("0.9.4", b"return 'before 0.10'\r\n"),
        ("0.9.3", b"return 1\r\n"),
        ("0.2", b"return 'before 0.9'\r\n"),
    ],
)
def test_an_older_layer_wins_over_a_newer_one(checkout: Checkout, version: str, windows: bytes) -> None:
    """A release gets `litellm/` and each layer that it is older than, the oldest last; a docstring alone takes a touch away again."""
    checkout.write("backports/before-1.0/litellm/windows.py", WHY + GREET.format("'before 1.0'"))
    checkout.write("backports/before-0.10/litellm/windows.py", WHY + GREET.format("'before 0.10'"))
    checkout.write("backports/before-0.9.4/litellm/windows.py", WHY)
    checkout.write("backports/before-0.9/litellm/windows.py", WHY + GREET.format("'before 0.9'"))
    wheel = checkouts.write_wheel(checkout.root.parent / version, version=version)
    checkout.add_release(wheel)
    for command in (("pin",), ("tree", "out")):
        checkout.fork(*command, "--release", version, "--from", str(wheel), given=False)
    assert windows in (checkout.root / "out" / "litellm" / "windows.py").read_bytes()
    assert b"goodbye" in (checkout.root / "out" / "litellm" / "a.py").read_bytes()


def test_the_newest_pinned_release_is_the_default(checkout: Checkout) -> None:
    """Without a choice it is built, whatever order the names have; the front end's setting goes before the environment."""
    wheels = {version: checkouts.write_wheel(checkout.root.parent / version, version=version) for version in ("0.9", "0.10")}
    (checkout.root / "releases" / "1.0.json").unlink()
    for wheel in wheels.values():
        checkout.add_release(wheel)
    index = checkout.index(*wheels.values())
    for version in wheels:
        checkout.fork("pin", "--release", version, given=False, env=index)
    assert "0.10+test.1" in checkout.fork("build", given=False)
    assert "0.9+test.1" in checkout.fork("build", given=False, env={"LITELLM_FORK_UPSTREAM": "0.9"})
    assert "0.9+test.1" in checkout.backend("build_wheel('dist', {'upstream': '0.9'})", env={"LITELLM_FORK_UPSTREAM": "0.10"})


def test_a_build_reads_no_pins_but_its_own(checkout: Checkout) -> None:
    """Pins of other releases cost a build nothing: broken ones do not stop it."""
    checkout.write("releases/0.9.json", "{")
    checkout.fork("build")


def test_pins_that_are_mostly_those_of_an_older_release_are_written_short(checkout: Checkout) -> None:
    """They name that release and what differs from it, and read back as they were; one that others name stays whole."""
    root = checkout.root
    definitions = {f"litellm/{name}.py": {"greet": "1" * 32, "other": "2" * 32} for name in "abcdefgh"}
    first = Release(root, "2.0", "test.1", {"x.whl": "0"}, definitions)
    first.save()
    changed = {**definitions, "litellm/b.py": {"greet": "3" * 32}, "litellm/z.py": {"fresh": "added"}}
    del changed["litellm/c.py"]
    second = replace(first, name="2.1", definitions=changed)
    second.save()
    third = replace(first, name="2.2")
    third.save()
    assert json.loads(second.file.read_bytes())["like"] == json.loads(third.file.read_bytes())["like"] == "2.0"
    assert load_release("2.1", root) == second and load_release("2.2", root) == third
    first.save()
    assert "like" not in json.loads(first.file.read_bytes())
    assert load_release("2.0", root) == first


def test_all_pins_together_are_small() -> None:
    """The repository holds the pins of some two hundred releases in less than a megabyte."""
    sizes = [Path(ROOT, "releases", f"{name}.json").stat().st_size for name in pinned()]
    assert sum(sizes) < 1_000_000
    assert sum(sizes) / len(sizes) < 10_000
