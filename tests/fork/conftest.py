"""What the tests of the tool share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checkouts import WHY, Checkout


@pytest.fixture(autouse=True)
def no_release_of_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up checkout has releases of its own."""
    monkeypatch.delenv("LITELLM_FORK_UPSTREAM", raising=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A made-up checkout that replaces one function, with its pins written."""
    checkout = Checkout(tmp_path / "checkout")
    checkout.write("litellm/a.py", f"{WHY}\n\ndef greet():\n    return 'goodbye'\n")
    checkout.fork("pin")
    return checkout
