"""The proxy counts a deployment's tokens with a class of LiteLLM's own, which not every release lets a public function reach."""

from __future__ import annotations

import pytest

from litellm.llms.anthropic.count_tokens.token_counter import AnthropicTokenCounter
from tests.support.headers import shown, with_credential
from tests.support.origin import Origin, Request
from tests.support.standin import MODEL, Anthropic
from tests.wire.conftest import Wire
from tests.wire.sources import WITHOUT_HEADERS, Source, filled

_CONFIGURED = [pytest.param(source, id=source.name) for source in WITHOUT_HEADERS if source.wins != "bearer"]


async def _counted(wire: Wire, litellm_params: dict[str, str]) -> Request:
    """The one request that counting for a deployment with these parameters makes."""
    wire.requests.clear()
    counted = await AnthropicTokenCounter().count_tokens(
        model_to_use=MODEL,
        messages=[{"role": "user", "content": "Say hello."}],
        contents=None,
        deployment={"litellm_params": litellm_params},
        request_model=MODEL,
    )
    assert counted is not None and counted.original_response is not None
    (request,) = wire.requests
    return request


async def _sent(wire: Wire, names: dict[str, str], api_key: str | None) -> dict[str, str]:
    """The headers of that request, for a deployment with this key."""
    request = await _counted(wire, {} if api_key is None else {"api_key": api_key})
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


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/messages"])
async def test_a_configured_tokens_count_goes_to_its_base(path: str, names: dict[str, str]) -> None:
    """It follows the deployment's base, which may name the path of messages, on releases that count a key at Anthropic alone, too."""
    wire = Wire(Anthropic(), names["bearer"])
    with Origin(wire) as gateway:
        request = await _counted(wire, {"api_key": names["token"], "api_base": f"{gateway.url}{path}"})
    assert (request.target, request.header("authorization")) == ("/v1/messages/count_tokens", f"Bearer {names['token']}")
