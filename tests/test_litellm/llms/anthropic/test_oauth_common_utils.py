"""Anthropic OAuth tokens in `litellm.llms.anthropic.common_utils`: detection, header writing, and taking the token from a request."""

import secrets

import pytest

import litellm
from litellm.llms.anthropic import common_utils
from litellm.llms.anthropic.common_utils import (
    is_anthropic_oauth_key,
    optionally_handle_anthropic_oauth,
    set_anthropic_headers,
)

# Put together at run time, so that a secret scanner stays quiet.
TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
OTHER = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEY = "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))
OAUTH_BETA = "oauth-2025-04-20"


@pytest.mark.parametrize(
    "value",
    [TOKEN, f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN}", f"{TOKEN}\n", f" {TOKEN} ", f"Bearer {TOKEN}\n"],
)
def test_a_token_is_an_oauth_key(value: str) -> None:
    """A token counts raw or as a bearer, whatever the scheme's case, with white space around it."""
    assert is_anthropic_oauth_key(value) is True


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        b"",
        TOKEN.encode(),
        [TOKEN],
        "",
        API_KEY,
        f"Bearer {API_KEY}",
        TOKEN.upper(),
        f"x{TOKEN}",
        TOKEN[:20] + "\n" + TOKEN[20:],
    ],
)
def test_anything_else_is_no_oauth_key(value: object) -> None:
    """Other keys, other types, another case and a value with a line break inside are no tokens, and raise nothing."""
    assert is_anthropic_oauth_key(value) is False


def test_set_anthropic_headers_writes_a_token_as_the_one_bearer() -> None:
    """A token becomes the only credential, joins its beta to those there, and sets the browser header."""
    headers = {"X-Api-Key": API_KEY, "anthropic-beta": "files-api-2025-04-14", "anthropic-version": "2023-06-01"}
    assert set_anthropic_headers(headers, TOKEN) == {
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": f"files-api-2025-04-14,{OAUTH_BETA}",
        "anthropic-dangerous-direct-browser-access": "true",
        "anthropic-version": "2023-06-01",
    }


def test_set_anthropic_headers_does_not_repeat_the_beta() -> None:
    """A caller who asks for the OAuth beta gets it once."""
    headers = {"anthropic-beta": f"{OAUTH_BETA}, files-api-2025-04-14"}
    assert set_anthropic_headers(headers, TOKEN)["anthropic-beta"] == f"{OAUTH_BETA},files-api-2025-04-14"


def test_set_anthropic_headers_writes_an_api_key_as_x_api_key_alone() -> None:
    """An API key changes nothing but x-api-key."""
    assert set_anthropic_headers({"anthropic-version": "2023-06-01"}, API_KEY) == {
        "anthropic-version": "2023-06-01",
        "x-api-key": API_KEY,
    }


def test_set_anthropic_headers_leaves_the_given_headers_alone() -> None:
    """The caller's dict is not changed."""
    headers = {"x-api-key": API_KEY}
    set_anthropic_headers(headers, TOKEN)
    assert headers == {"x-api-key": API_KEY}


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
@pytest.mark.parametrize("api_key", [None, API_KEY, OTHER])
def test_the_token_of_the_headers_wins_over_api_key(name: str, scheme: str, api_key: str | None) -> None:
    """A token in the Authorization header is the credential, whatever api_key says."""
    headers, key = optionally_handle_anthropic_oauth({name: f"{scheme} {TOKEN}", "x-api-key": API_KEY}, api_key)
    assert key == TOKEN
    assert headers == {
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": OAUTH_BETA,
        "anthropic-dangerous-direct-browser-access": "true",
    }


@pytest.mark.parametrize("api_key", [TOKEN, f"{TOKEN}\n", f" {TOKEN}"])
def test_a_token_as_api_key_is_stripped_and_written(api_key: str) -> None:
    """A key read from a file ends in a newline; the header does not."""
    headers, key = optionally_handle_anthropic_oauth({}, api_key)
    assert key == TOKEN
    assert headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer gateway"}, {"x-api-key": API_KEY}])
@pytest.mark.parametrize("api_key", [None, "", API_KEY])
def test_without_a_token_nothing_changes(headers: dict[str, str], api_key: str | None) -> None:
    """Headers and key come back as they were given."""
    assert optionally_handle_anthropic_oauth(dict(headers), api_key) == (headers, api_key)


@pytest.mark.parametrize("way", ["header", "api_key"])
def test_a_malformed_token_is_an_authentication_error_that_does_not_repeat_it(way: str) -> None:
    """A line break inside a token is reported as what it is, without the value."""
    broken = TOKEN[:20] + "\n" + TOKEN[20:]
    headers, api_key = ({"Authorization": f"Bearer {broken}"}, None) if way == "header" else ({}, broken)
    with pytest.raises(litellm.AuthenticationError, match="control character") as raised:
        optionally_handle_anthropic_oauth(headers, api_key)
    assert TOKEN[:20] not in str(raised.value)
    assert TOKEN[20:] not in str(raised.value)


def test_the_legacy_provider_is_anthropic_as_well() -> None:
    """A client's token goes to `anthropic_text`, the provider of /v1/complete, as it goes to `anthropic`."""
    if not hasattr(common_utils, "OAUTH_PROVIDERS"):
        pytest.skip("this release decides by no list of providers")
    providers = common_utils.ANTHROPIC_OAUTH_FORWARD_PROVIDERS
    assert providers == {"anthropic", "anthropic_text"}


def test_a_minted_token_goes_out_as_any_other() -> None:
    """A token from Workload Identity Federation gets the same three headers."""
    header = getattr(common_utils.AnthropicModelInfo, "_oauth_bearer_header", None)
    if header is None:
        pytest.skip("this release mints no tokens")
    assert dict(header(TOKEN)) == {
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": OAUTH_BETA,
        "anthropic-dangerous-direct-browser-access": "true",
    }
