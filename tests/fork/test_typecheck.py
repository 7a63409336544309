"""The check of types in the merged tree: what it reports, and of whom."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from fork.release import load_release
from fork.upstream import cache_folder
from tests.typecheck import errors

from .checkouts import WHY, Checkout

UPSTREAM = b"""\
def untyped(a):
    return a


def replaced(a):
    return a


class K:
    @staticmethod
    def guarded(a: int) -> str:
        \"\"\"Doc.\"\"\"
        return a


@untyped
def decorated() -> int:
    return "upstream's"
"""
OURS = """
from litellm.ours import bare


def replaced(a: int) -> str:
    untyped(a)
    return a


class K:
    def guarded(a: int) -> str:
        if a:
            return a
        ...


@bare
def decorated(): ...


X: int = ""
"""


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_errors_are_reported_in_what_is_ours_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New modules, replaced and added definitions, guards and decorators are checked; upstream's own lines are upstream's affair."""
    checkout = Checkout(tmp_path / "checkout", {"litellm/__init__.py": b"", "litellm/a.py": UPSTREAM})
    checkout.write("litellm/a.py", WHY + OURS)
    checkout.write("litellm/ours.py", f"{WHY}\n\ndef bare(f):\n    return f\n")
    checkout.fork("pin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    cache_folder().mkdir(parents=True)
    shutil.copy(checkout.wheel, cache_folder())
    found = [(error.split(": ")[0], error.split(" ")[-1]) for error in errors(load_release(None, checkout.root))]
    assert sorted(found) == [
        ("build/1.0/litellm/a.py:17", "[return-value]"),
        ("build/1.0/litellm/a.py:22", "[untyped-decorator]"),
        ("build/1.0/litellm/a.py:27", "[assignment]"),
        ("build/1.0/litellm/a.py:9", "[return-value]"),
        ("build/1.0/litellm/ours.py:4", "[no-untyped-def]"),
    ]
