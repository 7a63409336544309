"""The policy and what builds headers with it, on whatever a caller may hand them."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import yarl
from hypothesis import example, given
from hypothesis import strategies as st

import litellm
from litellm.litellm_core_utils import oauth_arguments
from litellm.litellm_core_utils.oauth_masking import masked, masked_argument
from litellm.llms.anthropic import oauth as policy
from tests.pressure import inputs
from tests.pressure.inputs import ANTHROPIC, ELSEWHERE, KEY, LISTED, OTHER, TOKEN, in_clear, lower, says

ALLOWED = frozenset({LISTED})
_PREFIX = policy.OAUTH_TOKEN_PREFIX


@given(value=inputs.values)
def test_whatever_a_value_is_it_is_a_token_none_or_a_clear_refusal(value: object) -> None:
    """A token comes back as Anthropic takes it; anything else is none, or an error that repeats no part of it."""
    try:
        token = policy.oauth_token(value)
    except policy.InvalidTokenError as error:
        assert not says(error, TOKEN, OTHER)
        assert not policy.is_anthropic_oauth_key(value) and policy.holds_token(value)
        return
    assert policy.is_anthropic_oauth_key(value) is (token is not None)
    if token is not None:
        assert token.startswith(_PREFIX) and token.isascii() and token.isprintable() and " " not in token and type(token) is str


@given(value=st.one_of(inputs.texts, inputs.byte_strings))
@example(value=TOKEN)
def test_a_sealed_value_says_nothing(value: object) -> None:
    """Printed, formatted, joined, copied, pickled, encoded or written as JSON, what is sealed says the mask, and is equal to what it is."""
    token = policy.OAuthToken(value)
    shown = (
        str(token),
        repr(token),
        f"{token}",
        format(token),
        token + "",
        "".join([token]),
        json.dumps({"a": token}),
        token.encode(),
    )
    for each in (*shown, *token, pickle.dumps(token), copy.deepcopy({"a": token}), copy.copy(token), token.upper(), token.strip()):
        assert not says(each, TOKEN, OTHER)
    same, other = (policy.OAuthToken(token), value), policy.OAuthToken(f"{value!r}.")
    assert [(token == each, token != each) for each in (*same, other)] == [(True, False), (True, False), (False, True)]


@given(
    headers=inputs.any_headers,
    provider=st.sampled_from(["anthropic", "anthropic", "anthropic_text", "openai", "bedrock", "", None]),
    base=st.sampled_from([None, None, ANTHROPIC, LISTED, ELSEWHERE, "", "nonsense"]),
    own=inputs.values,
)
@example(headers={b"X-Api-Key": KEY, "Authorization": f"Bearer {TOKEN}"}, provider="anthropic", base=None, own=None)
@example(headers={"x-api-key ": KEY, "Authorization": f"Bearer {TOKEN}"}, provider="anthropic", base=None, own=None)
@example(headers={"Authorization": f"Bearer {TOKEN}", 1: "one", None: None}, provider="anthropic", base=None, own=None)
@example(headers={"Authorization": TOKEN, "anthropic-beta": b"a,b", "Anthropic-Beta": ["c"]}, provider="anthropic", base=None, own=None)
@example(headers={"Authorization": TOKEN, "anthropic-beta": f"a,{OTHER}"}, provider="anthropic", base=None, own=None)
@example(headers={"x-notes": {"mine": TOKEN}}, provider="openai", base=None, own=None)
@example(headers={}, provider="anthropic", base=None, own=policy.OAuthToken([TOKEN]))
def test_of_any_headers_one_credential_goes_out_and_only_where_it_may(
    headers: dict[Any, Any], provider: str | None, base: str | None, own: object
) -> None:
    """Scoped and written, headers hold a token in one bearer for Anthropic, or none at all; each beta that was asked for goes once."""
    before = dict(headers)
    try:
        scoped = policy.scope_headers(headers, provider=provider, api_bases=[base], allowed=ALLOWED)
        written = policy.set_anthropic_headers(scoped.headers, scoped.token if scoped.token is not None else own)  # type: ignore[arg-type]
    except policy.InvalidTokenError as error:
        assert not says(error, TOKEN, OTHER)
        return
    assert list(map(repr, headers.items())) == list(map(repr, before.items()))
    assert policy.MASK not in written.values()
    may_go = provider in policy.OAUTH_PROVIDERS and base in (None, ANTHROPIC, LISTED)
    assert scoped.may_go is may_go and _PREFIX not in in_clear(scoped.headers)
    assert may_go or (scoped.token is None and policy.OAUTH_BETA not in betas(scoped.headers))
    if scoped.token is None:
        return
    assert [lower(name) for name, value in written.items() if _PREFIX in in_clear(value)] == ["authorization"]
    named = [lower(name) for name in written]
    assert "x-api-key" not in named and named.count("authorization") == 1 == named.count("anthropic-beta")
    sent = written["anthropic-beta"].split(",")
    assert len(set(sent)) == len(sent) and set(sent) == betas(headers) | {policy.OAUTH_BETA}
    assert written["authorization"] in (f"Bearer {policy.oauth_token(value)}" for name, value in headers.items() if is_token(value))


def is_token(value: object) -> bool:
    return policy.is_anthropic_oauth_key(value)


def betas(headers: dict[Any, Any]) -> set[str]:
    """The betas in headers, read as plainly as can be: text, bytes or a list of either under the header's name."""
    found: set[str] = set()
    for name, value in headers.items():
        if lower(name) == policy.BETA_HEADER:
            for each in value if isinstance(value, (list, tuple)) else [value]:
                text = each.decode("latin-1") if isinstance(each, (bytes, bytearray)) else each if isinstance(each, str) else ""
                found |= {beta.strip() for beta in str(text).split(",") if _PREFIX not in beta and policy.MASK not in beta}
    return found - {""}


_HOSTS = st.sampled_from(
    [
        "api.anthropic.com",
        "API.Anthropic.com",
        "api.anthropic.com.",
        "evil.example",
        "gateway.example",
        "127.0.0.1",
        "[::1]",
        "api.anthropic.com%2eevil.example",
    ]
)
_MARKS = st.text(alphabet="/\\@:?#[].;%\t\n \x00\u3002\uff0e\u2024\u212a&=0148", max_size=4)
_URLS = st.one_of(
    st.builds(
        lambda *parts: "".join(parts),
        st.sampled_from(["https", "HTTPS", "http", "ftp", "", " https"]),
        st.sampled_from(["://", ":", "//", ":\\\\", ":/", ":///"]),
        *(
            _MARKS,
            _HOSTS,
            _MARKS,
            st.sampled_from(["", ":443", ":0443", ":8443", ":99999", ":\uff14\uff14\uff13", "@evil.example", "/v1", ".evil.example"]),
        ),
        *(_MARKS, st.one_of(st.just(""), _HOSTS)),
    ),
    st.text(max_size=30),
)


@given(url=_URLS)
def test_an_allowed_address_leads_to_an_allowed_origin_whoever_reads_it(url: str) -> None:
    """Where the policy lets a token go, the HTTP libraries that would send it go to that very host, port and scheme, or nowhere."""
    if not policy.may_send_to(url, ALLOWED):
        return
    for read in (_httpx_origin, _yarl_origin):
        assert read(url) in (None, ("https", "api.anthropic.com", 443), ("https", "gateway.example", 8443)), read.__name__


def _httpx_origin(url: str) -> tuple[str, str, int] | None:
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    return (read.scheme, read.host, read.port or 443) if read.scheme == "https" else None


def _yarl_origin(url: str) -> tuple[str, str, int] | None:
    try:
        read = yarl.URL(url)
    except ValueError:
        return None
    return (read.scheme, read.host or "", read.port or 0) if read.scheme == "https" else None


@given(text=st.lists(inputs.texts, max_size=4).map("".join), more=inputs.values)
def test_no_text_keeps_a_token_once_it_is_masked(text: str, more: object) -> None:
    """In a string, a mapping or a call's arguments, a whole token is gone; and no record of LiteLLM's loggers holds one."""
    assert TOKEN not in str(masked(text)) and OTHER not in str(masked(text))
    shown = masked_argument({"api_key": text, "headers": {"authorization": text}, "secret_fields": text})
    assert TOKEN not in str(shown) and OTHER not in str(shown)
    record = logging.getLogger("LiteLLM").makeRecord(
        "LiteLLM", logging.DEBUG, "x", 1, "%s %r " + text.replace("%", "%%"), (more, text), None
    )
    written = logging.Formatter().format(record)
    assert TOKEN not in written and OTHER not in written


@given(body=inputs.bodies)
@example(body={"extra_headers": json.loads("[" * 400 + "]" * 400)})
@example(body={"api_key": [TOKEN]})
@example(body={"headers": TOKEN})
@example(body={"provider_specific_header": {"extra_headers": {}, "authorization": TOKEN}})
def test_any_arguments_are_sealed(body: dict[str, Any]) -> None:
    """Of a call's arguments, whatever stands in them, what is sealed shows no token in its headers, and all that reads them goes on."""
    _, kwargs = oauth_arguments.seal((body.get("headers"),), body)
    assert not any(_PREFIX in in_clear(kwargs.get(name)) for name in ("api_key", *oauth_arguments.HEADER_ARGUMENTS))
    oauth_arguments.merged_headers(kwargs, "anthropic")
    oauth_arguments.without_tokens(kwargs)


@given(body=inputs.bodies, call=st.sampled_from(["completion", "acompletion", "anthropic_messages", "responses", "create_file"]))
def test_any_arguments_are_scoped_or_refused_clearly(body: dict[str, Any], call: str) -> None:
    """Where a call takes its arguments over, whatever they are, it has them without a token in its headers, or an error of the client's."""
    from litellm.litellm_core_utils import oauth_scope

    seen: list[dict[str, Any]] = []

    def function(model: str = "", messages: object = None, headers: object = None, **kwargs: Any) -> None:
        seen.append({"headers": headers, **kwargs})

    function.__name__ = call
    args, kwargs = oauth_arguments.seal((), body)
    try:
        oauth_scope.scopes_client_token(function)(*args, **kwargs)
    except litellm.AuthenticationError as error:
        assert not says(error, TOKEN, OTHER)
        return
    for name in oauth_arguments.HEADER_ARGUMENTS:
        assert _PREFIX not in in_clear(seen[0].get(name))


@pytest.mark.parametrize(
    "work",
    [
        lambda size: policy.oauth_token("Bearer " + TOKEN + "a" * size),
        lambda size: policy.oauth_token(" " * size + TOKEN),
        lambda size: policy.is_anthropic_oauth_key(TOKEN + "\n" * size + "a"),
        lambda size: policy.set_anthropic_headers({"anthropic-beta": ",".join(f"beta-{number}" for number in range(size // 100))}, TOKEN),
        lambda size: policy.without_oauth({"anthropic-beta": [f"beta-{number}" for number in range(size // 100)], "x": "a" * size}),
        lambda size: policy.scope_headers(
            {f"x-{number}": "a" * 90 for number in range(size // 100)} | {"authorization": TOKEN},
            provider="anthropic",
            api_bases=[None] * (size // 100),
            allowed=ALLOWED,
        ),
        lambda size: policy.holds_token([["a" * 90]] * (size // 100)),
        lambda size: policy.origin_of("https://" + "a" * size),
        lambda size: policy.origin_of("https://a/" + "%" * size),
        lambda size: masked(f"{_PREFIX} {TOKEN} " * (size // 50)),
        lambda size: masked(_PREFIX * (size // 10)),
        lambda size: masked_argument({f"x-{number}": f"'{TOKEN}'" for number in range(size // 100)}),
        lambda size: oauth_arguments.seal((), {"extra_headers": {f"x-{number}": TOKEN for number in range(size // 100)}}),
    ],
)
def test_the_time_it_takes_grows_with_the_size_alone(work: Callable[[int], object]) -> None:
    """A megabyte in a header, and 10,000 betas, take eight times as long as an eighth of it, not sixty-four times."""
    small, large = (min(_seconds(work, size) for _ in range(3)) for size in (125_000, 1_000_000))
    assert large < 24 * small + 0.01


def _seconds(work: Callable[[int], object], size: int) -> float:
    started = time.process_time()
    work(size)
    return time.process_time() - started
