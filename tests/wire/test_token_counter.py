"""The proxy counts a deployment's tokens with a class of LiteLLM's own, which not every release lets a public function reach."""

from __future__ import annotations

import pytest

from litellm.llms.anthropic.count_tokens.token_counter import AnthropicTokenCounter
from tests.support.headers import shown, with_credential
from tests.support.standin import MODEL
from tests.wire.conftest import Wire
from tests.wire.sources import WITHOUT_HEADERS, Source, filled

_CONFIGURED = [pytest.param(source, id=source.name) for source in WITHOUT_HEADERS if source.wins != "bearer"]


async def _sent(wire: Wire, names: dict[str, str], api_key: str | None) -> dict[str, str]:
    """The headers of the one request that counting for a deployment with this key makes."""
    wire.requests.clear()
    counted = await AnthropicTokenCounter().count_tokens(
        model_to_use=MODEL,
        messages=[{"role": "user", "content": "Say hello."}],
        contents=None,
        deployment={"litellm_params": {} if api_key is None else {"api_key": api_key}},
        request_model=MODEL,
    )
    assert counted is not None and counted.original_response is not None
    (request,) = wire.requests
    return shown(request, {**names, "host": "api.anthropic.com"})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("source", _CONFIGURED)
async def test_a_deployments_count_sends_the_credential_that_wins(
    source: Source, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes out is what a count with a key sends, with the winning credential in the key's place as the contract says."""
    usual = await _sent(wire, names, names["api_key"])
    base = {name: value for name, value in usual.items() if name != "x-api-key"}
    assert usual == with_credential(base, "api_key")
    for variable, value in filled(source.environment, names).items():
        monkeypatch.setenv(variable, value)
    sent = await _sent(wire, names, None if source.api_key is None else source.api_key.format(**names))
    assert sent == with_credential(base, source.wins)
