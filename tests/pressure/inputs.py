"""What the properties are tried on: credentials, schemes, white space, names and values as no client should write them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from litellm.llms.anthropic.oauth import MASK, OAUTH_BETA, OAuthToken
from tests.support.credentials import api_key, oauth_token, plain_bearer
from tests.support.proxy_process import master_key

TOKEN, OTHER, KEY, BEARER, LITELLM_KEY = oauth_token(), oauth_token(), api_key(), plain_bearer(), master_key()
ANTHROPIC, LISTED, ELSEWHERE = "https://api.anthropic.com/v1/messages", "https://gateway.example:8443", "https://third.example/v1"
# What a token is known by wherever it turns up: no part of this length stands in one by accident.
_TELLING = 12

_BLANK = st.text(alphabet=" \t\r\n\x0b\x0c\x00\x1f\x7f\x85\xa0\u2028\u200b\ufeff", max_size=3)
_SCHEMES = st.sampled_from(
    ["", "Bearer", "bearer", "BEARER", "bEaReR", "Basic", "Token", "Bearer Bearer", "Bearer:", '"Bearer', "B\u212aearer"]
)
_GAPS = st.sampled_from([" ", " ", "", "  ", "\t", "\n", "\r\n", ",", "=", "\x00", "\xa0", "%20", ";", "'"])
_CREDENTIALS = st.one_of(
    st.sampled_from([TOKEN, TOKEN, OTHER, KEY, BEARER, LITELLM_KEY, MASK, "", TOKEN.upper(), TOKEN[:10], TOKEN[:20] + "\n" + TOKEN[20:]]),
    st.builds(lambda at, inside: TOKEN[:at] + inside + TOKEN[at:], st.integers(len("sk-ant-oat"), len(TOKEN)), _GAPS),
)
_BETAS = st.lists(
    st.sampled_from([OAUTH_BETA, "a-2025-01-01", "b-2025-01-01", " ", "", OAUTH_BETA.upper(), "ä", f"{OAUTH_BETA} "]), max_size=6
)

texts = st.one_of(
    st.builds(
        lambda before, scheme, gap, credential, after: before + scheme + gap + credential + after,
        *(_BLANK, _SCHEMES, _GAPS, _CREDENTIALS, st.one_of(_BLANK, st.just(f", Bearer {OTHER}"), st.just("'"))),
    ),
    st.builds(lambda betas: ",".join(betas), _BETAS),
    st.text(max_size=30),
)
byte_strings = st.one_of(st.builds(lambda text: text.encode("utf-8", "surrogatepass"), texts), st.binary(max_size=20))
# Also what no header is made of, since an argument of the SDK, or a request's body, may be anything.
values = st.recursive(
    st.one_of(texts, texts, byte_strings, st.builds(bytearray, byte_strings), st.none(), st.integers(), st.floats(), st.booleans())
    | st.builds(OAuthToken, texts),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(tuple, st.lists(inner, max_size=3))
        | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)

_KNOWN_NAMES = (
    *("authorization", "x-api-key", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "anthropic-version"),
    *(
        "x-litellm-api-key",
        "api-key",
        "x-goog-api-key",
        "proxy-authorization",
        "cookie",
        "x-notes",
        "x-pass-authorization",
        "x-pass-x-notes",
    ),
)


def _recased(name: str, upper: int) -> str:
    return "".join(letter.upper() if upper >> place & 1 else letter for place, letter in enumerate(name))


field_names = st.one_of(
    st.builds(_recased, st.sampled_from(_KNOWN_NAMES), st.sampled_from([0, 0, 1, 0b10000001, 0xFFFF, 0b101])),
    st.text(alphabet=string.ascii_letters + "-", min_size=1, max_size=8),
)
names = st.one_of(
    field_names,
    field_names,
    st.builds(lambda blank, name, after: blank + name + after, _BLANK, field_names, _BLANK),
    field_names.map(str.encode),
    st.text(max_size=8),
    st.integers(),
    st.none(),
)
# As a dict: what an argument of the SDK, or of a request's body, may be.
any_headers: st.SearchStrategy[dict[Any, Any]] = st.lists(st.tuples(names, values), max_size=6).map(dict)
# As they come over a wire: a name may come several times.
field_values = st.one_of(texts, texts, st.binary(max_size=20).map(lambda raw: raw.decode("latin-1"))).map(
    lambda text: text.encode("utf-8", "surrogatepass").translate(None, b"\r\n\0").strip(b" \t")
)
fields: st.SearchStrategy[list[tuple[bytes, bytes]]] = st.lists(st.tuples(field_names.map(str.encode), field_values), max_size=7)

json_values = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers(-5, 5)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.one_of(field_names, st.sampled_from(["extra_headers", "custom_llm_provider"])), inner, max_size=3)
    ),
    max_leaves=8,
)
# What a request's body may have of our concern, each of any shape.
bodies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "model": st.one_of(st.sampled_from(["claude", "anthropic/claude-sonnet-4-5", "openai/gpt-4o", "gpt-4o", "", "a/b/c"]), json_values),
        "api_key": json_values,
        "api_base": st.one_of(st.sampled_from([ANTHROPIC, LISTED, ELSEWHERE]), json_values),
        "headers": json_values,
        "extra_headers": json_values,
        "provider_specific_header": json_values,
        "custom_llm_provider": st.one_of(st.sampled_from(["anthropic", "openai", "bedrock"]), json_values),
        "tools": json_values,
        "metadata": json_values,
    },
)


def pieces(secret: str) -> list[str]:
    """What gives a secret away where any of it turns up: its parts behind the prefix that all of its kind share."""
    rest = secret[len("sk-ant-oat01-") :] if secret in (TOKEN, OTHER) else secret
    return [rest[start : start + _TELLING] for start in range(0, len(rest) - _TELLING + 1, _TELLING)]


def says(thing: object, *secrets: str) -> bool:
    """Whether a part of any of these secrets stands in what a thing says of itself, as text, bytes or in its repr."""
    shown = thing.decode("latin-1") if isinstance(thing, (bytes, bytearray)) else f"{thing}\n{thing!r}"
    return any(piece in shown for secret in secrets for piece in pieces(secret))


def lower(name: object) -> str:
    """A header's name as whoever receives it compares it: without case, and without white space, which some take off."""
    return (name.decode("latin-1") if isinstance(name, bytes) else str(name)).strip().lower()


def in_clear(value: object) -> str:
    """All the text in a header's value, whatever holds it, as it would be written into a request."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("latin-1")
    if isinstance(value, Mapping):
        return "\n".join(map(in_clear, value.values()))
    if isinstance(value, (list, tuple)):
        return "\n".join(map(in_clear, value))
    return str(value)
