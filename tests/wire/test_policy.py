"""The policy module by itself: pure functions, every rule of detection, precedence, merging, writing, scope and origin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from litellm.litellm_core_utils.oauth_masking import masked
from litellm.llms.anthropic import oauth as policy
from litellm.llms.anthropic import oauth_origins as setting_of_origins
from litellm.llms.anthropic.origins import same_origin
from tests.support.credentials import api_key, oauth_token, plain_bearer

TOKEN, OTHER, KEY, BEARER = oauth_token(), oauth_token(), api_key(), plain_bearer()
ANTHROPIC = policy.ANTHROPIC_ORIGIN
NONE: frozenset[str] = frozenset()
_ELSEWHERE = "https://gateway.example"


def test_the_module_needs_the_standard_library_alone() -> None:
    """Loaded as files by an isolated interpreter without site packages, it and what an origin is work: no LiteLLM, nothing installed."""
    code = (
        "import importlib.util, sys, types\n"
        "for package in ('litellm', 'litellm.llms', 'litellm.llms.anthropic'):\n"
        "    sys.modules[package] = types.ModuleType(package)\n"
        "for name in ('origins', 'oauth'):\n"
        "    spec = importlib.util.spec_from_file_location(f'litellm.llms.anthropic.{name}', f'{sys.argv[1]}/{name}.py')\n"
        "    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        "assert module.is_anthropic_oauth_key(module.OAUTH_TOKEN_PREFIX + '01-x')\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] not in (*sys.stdlib_module_names, 'litellm')))\n"
    )
    folder = str(Path(policy.__file__).parent)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['__main__']"


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        f"BEARER   {TOKEN}",
        f"{TOKEN}\n",
        f"  {TOKEN}\r\n",
        f" bearer  {TOKEN} \t",
        f"Bearer {TOKEN}\n",
    ],
)
def test_a_token_is_found_and_stripped(value: str) -> None:
    """With or without the scheme, in any case of it, with white space around: the token is the same."""
    assert policy.oauth_token(value) == TOKEN
    assert policy.is_anthropic_oauth_key(value)


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, 1.5, True, b"", TOKEN.encode(), [TOKEN], (TOKEN,), {"authorization": TOKEN}, object()),
        *("", " ", "Bearer", "Bearer ", KEY, f"Bearer {KEY}", BEARER, f"Bearer {BEARER}", f"Basic {TOKEN}", f"Bearer Bearer {TOKEN}"),
        *(
            TOKEN.upper(),
            f"x{TOKEN}",
            f"BearerX {TOKEN}",
            f"Bearer{TOKEN}",
            TOKEN.replace("oat01", "ort01"),
            TOKEN.replace("oat01", "admin01"),
        ),
    ],
)
def test_anything_else_is_no_token_and_no_exception(value: object) -> None:
    """Not a string, another kind of key, another case or another scheme: not a token."""
    assert policy.oauth_token(value) is None
    assert policy.is_anthropic_oauth_key(value) is False


@pytest.mark.parametrize("inside", ["\n", "\r\n", "\t", " ", "\x00", "\x1f", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_a_token_with_a_control_character_inside_is_refused_unrepeated(inside: str, scheme: str) -> None:
    """It is no token, and taking it for one raises an error that names the reason and not the value."""
    value = scheme + TOKEN[:20] + inside + TOKEN[20:]
    assert policy.is_anthropic_oauth_key(value) is False
    with pytest.raises(policy.InvalidTokenError, match="control character") as raised:
        policy.oauth_token(value)
    assert TOKEN[:20] not in str(raised.value)
    assert TOKEN[20:] not in str(raised.value)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION", "x-api-key", "X-API-KEY"])
def test_a_token_in_headers_is_found_under_any_casing(name: str) -> None:
    """Header names have no case, and both credential headers may carry a token."""
    assert policy.token_in_headers({"accept": "*/*", name: f"Bearer {TOKEN}"}) == TOKEN


def test_authorization_goes_before_x_api_key() -> None:
    """With a token in each, `Authorization` is the one."""
    assert policy.token_in_headers({"x-api-key": OTHER, "Authorization": f"Bearer {TOKEN}"}) == TOKEN


@pytest.mark.parametrize("headers", [None, "", [], {}, {"authorization": None}, {1: TOKEN}, {"x-other": TOKEN}, {"authorization": KEY}])
def test_headers_without_a_token_have_none(headers: object) -> None:
    """What is not a mapping, or carries no token in a credential header, has no token."""
    assert policy.token_in_headers(headers) is None


@pytest.mark.parametrize(
    ("given", "wins"),
    [
        ({"api_key": TOKEN, "env_api_key": KEY, "env_auth_token": OTHER}, TOKEN),
        ({"api_key": KEY, "env_api_key": TOKEN, "env_auth_token": OTHER}, KEY),
        ({"env_api_key": KEY, "env_auth_token": TOKEN}, KEY),
        ({"env_auth_token": TOKEN}, TOKEN),
        ({"api_key": "", "env_api_key": " \n", "env_auth_token": TOKEN}, TOKEN),
        ({"api_key": f"{TOKEN}\n"}, TOKEN),
        ({"api_key": f" {KEY} "}, KEY),
        ({"env_auth_token": BEARER}, None),
        ({"api_key": 1, "env_api_key": b"x"}, None),
        ({}, None),
    ],
)
def test_the_first_credential_in_the_contracts_order_wins(given: dict[str, object], wins: str | None) -> None:
    """The api_key, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN; blank is unset; a plain bearer keeps its own way."""
    assert policy.first_credential(**given) == wins


@pytest.mark.parametrize(
    ("values", "merged"),
    [
        ((), ""),
        ((None, "", " , ", [], 1), ""),
        (("b,a",), "b,a"),
        (("b", "a", "b"), "b,a"),
        ((" b , a ,, ", ["c,a", "d", 2]), "b,a,c,d"),
        ((("x",), {"y"}, frozenset({"x"})), "x,y"),
    ],
)
def test_betas_are_merged_each_once_as_they_come(values: tuple[object, ...], merged: str) -> None:
    """Strings and lists of strings alike, without blanks or duplicates."""
    assert policy.merge_betas(*values) == merged


def test_a_token_replaces_every_credential_header_and_adds_its_beta() -> None:
    """One bearer, no x-api-key under any casing, the betas united, the browser header; other headers and the given dict as they were."""
    headers = MappingProxyType(
        {
            "X-Api-Key": KEY,
            "x-api-key": KEY,
            "AUTHORIZATION": f"Bearer {OTHER}",
            "Anthropic-Beta": "b",
            "anthropic-beta": "a,b",
            "Accept": "*/*",
        }
    )
    assert policy.set_anthropic_headers(headers, f"{TOKEN}\n") == {
        "Accept": "*/*",
        "authorization": f"Bearer {TOKEN}",
        "anthropic-beta": f"b,a,{policy.OAUTH_BETA}",
        "anthropic-dangerous-direct-browser-access": "true",
    }


def test_an_api_key_becomes_x_api_key_and_changes_nothing_else() -> None:
    """No beta, no browser header, and one x-api-key whatever casing was there."""
    headers = {"X-API-Key": "old", "anthropic-beta": "a", "Accept": "*/*"}
    assert policy.set_anthropic_headers(headers, KEY) == {"anthropic-beta": "a", "Accept": "*/*", "x-api-key": KEY}
    assert headers == {"X-API-Key": "old", "anthropic-beta": "a", "Accept": "*/*"}


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_credential_changes_nothing(nothing: str | None) -> None:
    """The headers come back equal, as a new dict."""
    headers = {"Accept": "*/*"}
    result = policy.set_anthropic_headers(headers, nothing)
    assert result == headers
    assert result is not headers


def test_without_oauth_takes_token_and_beta_and_leaves_the_rest() -> None:
    """Tokens go from both credential headers, well formed or not; the OAuth beta goes from among others, or with its header."""
    headers = {
        "Authorization": f"bearer {TOKEN}",
        "x-api-key": f"{TOKEN[:20]}\n{TOKEN[20:]}",
        "Anthropic-Beta": f"b,{policy.OAUTH_BETA},a",
        "anthropic-version": "2023-06-01",
    }
    assert policy.without_oauth(headers) == {"Anthropic-Beta": "b,a", "anthropic-version": "2023-06-01"}
    assert policy.without_oauth({"anthropic-beta": policy.OAUTH_BETA}) == {}
    assert policy.without_oauth({"anthropic-beta": policy.OAUTH_BETA}, keep_oauth_beta=True) == {"anthropic-beta": policy.OAUTH_BETA}
    assert policy.without_oauth({"Authorization": f"Bearer {KEY}", "anthropic-beta": "b,a"}) == {
        "Authorization": f"Bearer {KEY}",
        "anthropic-beta": "b,a",
    }


@pytest.mark.parametrize("provider", ["openai", "bedrock", "vertex_ai", "azure_ai", "anthropic_other", "ANTHROPIC", "", None])
def test_another_provider_gets_no_token_and_no_oauth_beta(provider: str | None) -> None:
    """Only `anthropic` and `anthropic_text` are Anthropic; for others the scoped headers carry neither, even when malformed."""
    for token in (TOKEN, f"{TOKEN[:20]}\n{TOKEN[20:]}"):
        headers = {"Authorization": f"Bearer {token}", "anthropic-beta": f"a,{policy.OAUTH_BETA}"}
        scoped = policy.scope_headers(headers, provider=provider, api_bases=[ANTHROPIC], allowed=NONE)
        assert scoped == policy.ScopedHeaders({"anthropic-beta": "a"}, may_go=False)


@pytest.mark.parametrize("provider", ["anthropic", "anthropic_text"])
@pytest.mark.parametrize("bases", [[], [None], [ANTHROPIC], [f"{ANTHROPIC}/v1/messages"], [_ELSEWHERE], [ANTHROPIC, _ELSEWHERE]])
def test_anthropic_gets_the_token_where_every_base_is_allowed(provider: str, bases: list[str | None]) -> None:
    """Anthropic's own origin, no base at all, and listed origins; the token leaves the headers and comes back beside them."""
    scoped = policy.scope_headers({"Authorization": f"Bearer {TOKEN}"}, provider=provider, api_bases=bases, allowed=frozenset({_ELSEWHERE}))
    assert (scoped.headers, scoped.token, scoped.refused_origin) == ({}, TOKEN, None)


def test_one_refused_base_is_enough_to_keep_the_token() -> None:
    """A call that may go to two places goes with the token only if both may have it; the refused origin is named, and only with a token."""
    scoped = policy.scope_headers({"Authorization": TOKEN}, provider="anthropic", api_bases=[ANTHROPIC, f"{_ELSEWHERE}/v1"], allowed=NONE)
    assert (scoped.headers, scoped.token, scoped.refused_origin) == ({}, None, _ELSEWHERE)
    without = policy.scope_headers({"accept": "*/*"}, provider="anthropic", api_bases=[_ELSEWHERE], allowed=NONE)
    assert without == policy.ScopedHeaders({"accept": "*/*"}, may_go=False)


def test_a_malformed_token_is_an_error_where_it_would_have_been_sent() -> None:
    """For Anthropic it raises; a refused origin drops it without a word of it."""
    headers = {"Authorization": f"Bearer {TOKEN[:20]}\n{TOKEN[20:]}"}
    with pytest.raises(policy.InvalidTokenError):
        policy.scope_headers(headers, provider="anthropic", api_bases=[ANTHROPIC], allowed=NONE)
    assert policy.scope_headers(headers, provider="anthropic", api_bases=[_ELSEWHERE], allowed=NONE).token is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com"),
        ("HTTPS://API.Anthropic.COM:443/v1?x#y", "https://api.anthropic.com"),
        ("http://gateway.example:80/", "http://gateway.example"),
        ("https://gateway.example:8443/v1", "https://gateway.example:8443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        (" https://gateway.example ", "https://gateway.example"),
        *(
            (url, None)
            for url in ("", "api.anthropic.com", "//api.anthropic.com", "ftp://api.anthropic.com", "https://", "https:///v1", "file:///x")
        ),
        *((url, None) for url in ("https://api.anthropic.com@evil.example", "https://u:p@api.anthropic.com", "https://@api.anthropic.com")),
        *((url, None) for url in ("https://evil.example\\@api.anthropic.com", "https://api.anthropic.com\n.evil.example", "https://a b")),
        *(
            (url, None)
            for url in ("https://api.anthropic.com:x", "https://api.anthropic.com:99999", "https://[::1", "https://äpi.anthropic.com")
        ),
        (None, None),
        (b"https://api.anthropic.com", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: object, origin: str | None) -> None:
    """Case and default ports do not count; what parsers could read in two ways has no origin."""
    assert policy.origin_of(url) == origin


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://b.a.example", False),
        ("https://u@a.example", "https://u@a.example", False),
        ("nonsense", "nonsense", False),
    ],
)
def test_same_origin_compares_all_three(one: str, other: str, same: bool) -> None:
    """Scheme, host and port must agree, and what has no origin is the same as nothing."""
    assert same_origin(one, other) is same


@pytest.mark.parametrize(
    ("setting", "origins"),
    [
        (None, set()),
        ("", set()),
        (" , ", set()),
        ([], set()),
        (
            "https://a.example, https://B.example:443/ ,http://127.0.0.1:8080",
            {"https://a.example", "https://b.example", "http://127.0.0.1:8080"},
        ),
        (["https://a.example", "http://localhost:1"], {"https://a.example", "http://localhost:1"}),
        (("http://[::1]:1",), {"http://[::1]:1"}),
    ],
)
def test_the_setting_is_a_list_of_origins(setting: object, origins: set[str]) -> None:
    """A comma-separated string or a list; plain http for loopback only."""
    assert setting_of_origins.parse_origins(setting) == origins


@pytest.mark.parametrize(
    "setting",
    [
        "a.example",
        "https://a.example/v1",
        "https://a.example?x",
        "https://a.example#x",
        "http://a.example",
        "http://10.0.0.1",
        "https://u@a.example",
        "*",
    ]
    + [["https://a.example", "nonsense"], [1], 1, {"https://a.example": True}],
)
def test_a_setting_that_is_no_list_of_origins_is_refused(setting: object) -> None:
    """The error names the setting, so that a typing error neither opens nor closes the list silently."""
    with pytest.raises(setting_of_origins.InvalidOriginError, match=setting_of_origins.ORIGINS_ENV):
        setting_of_origins.parse_origins(setting)


def test_masking_replaces_tokens_and_keeps_the_rest() -> None:
    """A token in a string or in a mapping's strings is gone; what has none comes back as the very object."""
    text = f"Authorization: Bearer {TOKEN}, key {KEY}"
    shown = masked(text)
    assert isinstance(shown, str)
    assert TOKEN not in shown
    assert KEY in shown
    headers = {"authorization": f"Bearer {TOKEN}", "accept": "*/*"}
    assert TOKEN not in str(masked(headers))
    for same in ({"accept": "*/*"}, "plain", 1, None):
        assert masked(same) is same
