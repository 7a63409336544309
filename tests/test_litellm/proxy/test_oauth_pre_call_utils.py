"""Where a client's headers enter the proxy: what is kept for Anthropic, and which providers ever see it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping

import pytest
from starlette.datastructures import Headers

from litellm.litellm_core_utils.get_provider_specific_headers import ProviderSpecificHeaderUtils
from litellm.litellm_core_utils.oauth_scope import scoped_for
from litellm.llms.anthropic.oauth import ScopedHeaders, token_in_headers
from litellm.proxy.litellm_pre_call_utils import add_provider_specific_headers_to_request, clean_headers

TOKEN = "-".join(("sk", "ant", "oat01", "made-up"))
LITELLM_KEY = "sk-litellm-key"
KEY_HEADERS = ("x-litellm-api-key", "x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key")


def _seen_by(provider: str, headers: Mapping[str, str]) -> ScopedHeaders:
    """What a call to a provider takes of a client's headers, after they were cleaned: each call scopes them before anything else."""
    data: dict[str, object] = {}
    add_provider_specific_headers_to_request(data=data, headers=clean_headers(Headers(headers)))
    carried = data.get("provider_specific_header")
    given = ProviderSpecificHeaderUtils.get_provider_specific_headers(
        provider_specific_header=carried,  # type: ignore[arg-type]
        custom_llm_provider=provider,
    )
    assert TOKEN not in str(given)
    return scoped_for(given, provider, (), own_key=None, deployment="claude")


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", "bearer  "])
@pytest.mark.parametrize("key_header", KEY_HEADERS)
def test_a_token_is_kept_whichever_header_brings_the_key(scheme: str, key_header: str) -> None:
    """The token in `Authorization` stays, under any spelling of the scheme, and the LiteLLM key goes, wherever it stands."""
    cleaned = clean_headers(
        Headers({key_header: LITELLM_KEY, "Authorization": scheme + TOKEN, "anthropic-beta": "one"})
    )
    assert token_in_headers(cleaned) == TOKEN and cleaned["anthropic-beta"] == "one"
    assert LITELLM_KEY not in str(cleaned)


@pytest.mark.skipif(
    "authenticated_with_header" not in inspect.signature(clean_headers).parameters,
    reason="this release does not say which header it was",
)
@pytest.mark.parametrize("guess", ["authorization", "Authorization", "x-api-key", "x-litellm-api-key", None])
@pytest.mark.parametrize("forward", [True, False])
def test_a_token_is_never_what_authenticated(guess: str | None, forward: bool) -> None:
    """A token cannot be a LiteLLM key, so the guess that `Authorization` was the key's header does not take it away."""
    cleaned = clean_headers(
        Headers({"Authorization": f"Bearer {TOKEN}"}),
        forward_llm_provider_auth_headers=forward,
        authenticated_with_header=guess,
    )
    assert token_in_headers(cleaned) == TOKEN


@pytest.mark.skipif(
    "authenticated_with_header" not in inspect.signature(clean_headers).parameters,
    reason="this release does not forward provider keys",
)
@pytest.mark.parametrize("key_header", [header for header in KEY_HEADERS if header != "x-litellm-api-key"])
def test_forwarding_provider_keys_does_not_forward_the_key_that_came_with_a_token(key_header: str) -> None:
    """With a token in `Authorization` and no `x-litellm-api-key`, the other credential header is the LiteLLM key's, so it stays here."""
    cleaned = clean_headers(
        Headers({key_header: LITELLM_KEY, "Authorization": f"Bearer {TOKEN}"}),
        forward_llm_provider_auth_headers=True,
        authenticated_with_header="authorization",
    )
    assert LITELLM_KEY not in str(cleaned)


def test_the_operators_own_key_header_is_taken_out() -> None:
    """The header that `litellm_key_header_name` names goes, in any casing, and the token beside it stays."""
    headers = Headers({"X-Operator-Key": f"Bearer {LITELLM_KEY}", "Authorization": f"Bearer {TOKEN}"})
    cleaned = clean_headers(headers, litellm_key_header_name="x-OPERATOR-key")
    assert LITELLM_KEY not in str(cleaned) and token_in_headers(cleaned) == TOKEN


@pytest.mark.parametrize(
    "value", [f"Bearer {LITELLM_KEY}", LITELLM_KEY, "Bearer sk-ant-api03-made-up", "Basic dXNlcjpwYXNz"]
)
def test_other_authorizations_are_taken_out_as_before(value: str) -> None:
    """Only an OAuth token is kept: any other `Authorization` is the LiteLLM key or nothing to do with Anthropic."""
    assert "authorization" not in clean_headers(Headers({"Authorization": value}))


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
def test_anthropic_sees_the_token(name: str) -> None:
    """Anthropic's provider is given the token and the betas."""
    seen = _seen_by("anthropic", {name: f"Bearer {TOKEN}", "anthropic-beta": "one"})
    assert seen.token == TOKEN and seen.headers["anthropic-beta"] == "one"


@pytest.mark.parametrize(
    "provider", ["bedrock", "bedrock_converse", "vertex_ai", "openai", "azure", "azure_ai", "gemini"]
)
def test_no_other_provider_sees_the_token(provider: str) -> None:
    """The token stays away from every other provider; Bedrock and Vertex keep the headers that they have in common with Anthropic."""
    seen = _seen_by(
        provider, {"authorization": f"Bearer {TOKEN}", "anthropic-beta": "one", "anthropic-version": "2023-06-01"}
    )
    assert seen.token is None and not {"authorization", "x-api-key"} & {name.lower() for name in seen.headers}
    if provider in ("bedrock", "vertex_ai"):
        assert seen.headers == {"anthropic-beta": "one", "anthropic-version": "2023-06-01"}


def test_what_is_carried_prints_and_serializes_without_the_token() -> None:
    """From cleaning on, hooks, logs and records that print or dump the request's data see no token."""
    cleaned = clean_headers(Headers({"x-litellm-api-key": LITELLM_KEY, "Authorization": f"Bearer {TOKEN}"}))
    data: dict[str, object] = {}
    add_provider_specific_headers_to_request(data=data, headers=cleaned)
    assert "provider_specific_header" in data
    assert TOKEN not in json.dumps([cleaned, data]) and TOKEN not in f"{cleaned} {cleaned!r} {data}"


def test_the_clients_headers_are_left_alone() -> None:
    """Neither step changes the headers it is given."""
    headers = Headers({"authorization": f"Bearer {TOKEN}", "anthropic-beta": "one"})
    cleaned = clean_headers(headers)
    before = dict(headers), dict(cleaned)
    add_provider_specific_headers_to_request(data={}, headers=cleaned)
    assert (dict(headers), dict(cleaned)) == before


def test_without_a_token_nothing_is_added() -> None:
    """A request with none of Anthropic's headers carries nothing provider specific."""
    data: dict[str, object] = {}
    add_provider_specific_headers_to_request(data=data, headers={"content-type": "application/json"})
    assert data == {}
