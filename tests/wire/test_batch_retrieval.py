"""Retrieving a batch with a token: what fails is Anthropic's refusal, and nothing goes on with the token afterwards."""

from __future__ import annotations

from typing import Any

import pytest

import litellm
from tests.support.origin import Origin
from tests.support.standin import Anthropic
from tests.wire.conftest import background


@pytest.mark.asyncio(loop_scope="session")
async def test_a_refused_token_raises_litellms_error_with_anthropics_status(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A 401 is an AuthenticationError that says what Anthropic said."""
    with Origin(Anthropic(statuses={names["token"]: 401})) as origin:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        headers = {"Authorization": f"Bearer {names['token']}"}
        with pytest.raises(litellm.AuthenticationError, match="As this stand-in was told to answer"):
            await litellm.aretrieve_batch("msgbatch_standin", custom_llm_provider="anthropic", api_base=origin.url, extra_headers=headers)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("metadata", [{}, {"litellm_metadata": {"user_api_key_alias": "a team"}}], ids=["from Python", "from a proxy"])
async def test_a_finished_batch_is_logged_without_its_results_being_fetched(names: dict[str, str], metadata: dict[str, Any]) -> None:
    """One request goes out, and the batch is logged as having cost nothing."""
    with Origin(Anthropic()) as origin:
        batch = await litellm.aretrieve_batch(
            "msgbatch_standin", custom_llm_provider="anthropic", api_base=origin.url, api_key=names["token"], **metadata
        )
        await background()
        assert [(request.method, request.path) for request in origin.requests] == [("GET", "/v1/messages/batches/msgbatch_standin")]
    assert batch._hidden_params["response_cost"] == 0.0
