"""A token in headers belongs to one call: nothing of it reaches another, however many run at once."""

from __future__ import annotations

import asyncio

import pytest

import litellm
from tests.support.credentials import oauth_token
from tests.support.origin import Origin
from tests.support.standin import MODEL
from tests.wire.conftest import Wire


@pytest.mark.asyncio(loop_scope="session")
async def test_concurrent_calls_each_send_their_own_token(loopback: tuple[Origin, Wire]) -> None:
    """Of 200 concurrent calls over two call paths, each arrives with the token its own caller gave, and all are accepted."""
    origin, wire = loopback
    tokens = {f"caller {number}": oauth_token() for number in range(200)}

    async def call(caller: str, number: int) -> None:
        messages = [{"role": "user", "content": caller}]
        headers = {"Authorization": f"Bearer {tokens[caller]}"}
        function = litellm.acompletion if number % 2 else litellm.anthropic.messages.acreate
        await function(model=f"anthropic/{MODEL}", messages=messages, max_tokens=16, extra_headers=headers, api_base=origin.url)

    await asyncio.gather(*(call(caller, number) for number, caller in enumerate(tokens)))

    arrived = {
        caller: request.header("authorization") for caller in tokens for request in wire.requests if f'"{caller}"'.encode() in request.body
    }
    assert arrived == {caller: f"Bearer {token}" for caller, token in tokens.items()}
    assert wire.statuses == [200] * 200
