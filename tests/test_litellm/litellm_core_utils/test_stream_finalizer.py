"""A stream that is given up, and the context variables that requests are told apart by."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

import litellm
from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper

pytestmark = pytest.mark.skipif(
    not hasattr(CustomStreamWrapper, "__del__"), reason="this release's streams have no finalizer"
)


@pytest.mark.parametrize("correlates", [False, True])
def test_a_stream_puts_nothing_back_that_no_call_has_set(monkeypatch: pytest.MonkeyPatch, correlates: bool) -> None:
    """A finalizer restores a call's context variables where the logs have its ids, and otherwise touches none."""
    monkeypatch.setattr(litellm, "request_correlation_in_logs", correlates)
    stream = CustomStreamWrapper.__new__(CustomStreamWrapper)
    stream.logging_obj = Mock()
    stream.__del__()
    assert bool(stream.logging_obj.mock_calls) is correlates
