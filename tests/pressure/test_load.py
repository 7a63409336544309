"""A proxy with many clients: each is answered for itself, whoever else is refused or goes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pressure.load import soak, stage

_CLIENTS = 100


def test_each_of_many_clients_is_answered_for_itself(tmp_path: Path, record_property: pytest.FixtureRequest) -> None:
    """On every route, streamed or not, with a cache and a guardrail: own answer, own token, own refusal, and no token in the log."""
    with stage(tmp_path) as made:
        asked, wrong, _ = soak(made, 0, _CLIENTS)
    record_property("cases", asked)  # type: ignore[operator]
    assert not wrong
