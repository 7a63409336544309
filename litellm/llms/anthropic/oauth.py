"""The policy for Anthropic OAuth tokens: what is one, which credential wins, where it may go, what goes out with it.

Upstream decides each anew on every call path. Here pure functions on the standard library alone decide once, and every touch calls them.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream sends the same headers for an OAuth token on every call path, and scopes a caller's token by provider and origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

from litellm.llms.anthropic.origins import origin_of

OAUTH_TOKEN_PREFIX: Final = "sk-ant-oat"
OAUTH_BETA: Final = "oauth-2025-04-20"
BETA_HEADER: Final = "anthropic-beta"
ANTHROPIC_ORIGIN: Final = "https://api.anthropic.com"
OAUTH_PROVIDERS: Final = frozenset({"anthropic", "anthropic_text"})
MASK: Final = "<an Anthropic OAuth token>"
RIGHT_FORM: Final = (
    f"Send it as `Authorization: Bearer {OAUTH_TOKEN_PREFIX}...`, nothing else in the value, "
    "and in no other header or cookie."
)
WRONG_FORM: Final = (
    f"An Anthropic OAuth token is written in a way that Anthropic does not take (the value is not shown). {RIGHT_FORM}"
)

V = TypeVar("V")  # rebind-ok: mypy takes no TypeVar that is Final
_PREFIX_BYTES: Final = OAUTH_TOKEN_PREFIX.encode()
_BROWSER_HEADER: Final = "anthropic-dangerous-direct-browser-access"
_WRITTEN_HEADERS: Final = frozenset({"authorization", "x-api-key", BETA_HEADER, _BROWSER_HEADER})


class InvalidTokenError(ValueError):
    """A value is meant as an OAuth token and cannot be sent as one. The message never repeats the value."""


class OAuthToken(str):
    """An OAuth token on its way to a request: as text, and to whatever prints, copies or stores it, a mask. Only this module reads it.

    betas: what its caller asked for beside it. displaced: the `api_key` that the call has without it. configured: whether it is the call's
    own key; otherwise it came in a caller's headers, and goes where scope_headers lets it. goes_out: whether it last did.
    """

    __slots__ = ("_value", "betas", "configured", "displaced", "goes_out")
    _value: object
    betas: str
    configured: bool
    displaced: str | None
    goes_out: bool

    def __new__(
        cls, value: object, *, betas: str = "", displaced: str | None = None, configured: bool = False
    ) -> OAuthToken:
        token: Final = super().__new__(cls, MASK)
        token._value = value._value if isinstance(value, OAuthToken) else value
        token.betas, token.displaced, token.configured, token.goes_out = betas, displaced, configured, False
        return token

    def __eq__(self, other: object) -> bool:
        return bool(self._value == (other._value if isinstance(other, OAuthToken) else other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._value)

    def __deepcopy__(self, memo: object = None) -> OAuthToken:
        return self

    __copy__ = __deepcopy__

    def __reduce_ex__(self, protocol: object) -> tuple[type[str], tuple[str]]:
        return str, (MASK,)


class ConfiguredBearer(str):
    """The `authorization` of a token that is configured with its base. httpx keeps what encode returns, so the exit can tell."""

    class Encoded(bytes):
        """What it is on the wire."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.Encoded(super().encode(encoding, errors))


class ScopedHeaders(NamedTuple):
    """A caller's headers after scoping, without a token: a new dict.

    may_go: whether provider and destination may have one. token: the one that goes out with them.
    refused_origin: one that is not listed, which a token was kept from although the provider is Anthropic.
    """

    headers: Mapping[str, object]
    may_go: bool
    token: OAuthToken | None = None
    refused_origin: str | None = None


def oauth_token(value: object) -> str | None:
    """The OAuth token in a credential value, with or without a `Bearer` scheme, stripped; None for anything else.

    Only the prefix counts, in this case: plan logins, `claude setup-token` and Workload Identity Federation all mint it.
    Raises InvalidTokenError if the token has white space, a control character or no ASCII inside, which no header can carry, and for a
    mask whose token was lost on the way: another credential in its place would be billed without a word.
    """
    held: Final = value._value if isinstance(value, OAuthToken) else value
    if not isinstance(held, str) or not (OAUTH_TOKEN_PREFIX in held or MASK in held):
        return None
    scheme, _, rest = (text := held.strip()).partition(" ")
    candidate: Final = rest.strip() if scheme.lower() == "bearer" else text
    if candidate == MASK:
        raise InvalidTokenError(
            "An Anthropic OAuth token was masked for a log, and the mask cannot be sent in its place. Send the token anew."
        )
    if not candidate.startswith(OAUTH_TOKEN_PREFIX):
        return None
    if not (candidate.isascii() and candidate.isprintable()) or " " in candidate:
        raise InvalidTokenError(
            "An Anthropic OAuth token has white space, a control character or no ASCII inside (the value is not shown). "
            f"Copy it again, in one line: was it read from a file that holds more than the token? {RIGHT_FORM}"
        )
    return candidate


def is_anthropic_oauth_key(value: object) -> bool:
    """Whether a value is an Anthropic OAuth token, raw or as a bearer. Never raises: what is malformed is no token."""
    try:
        return oauth_token(value) is not None
    except InvalidTokenError:
        return False


def holds_token(value: object) -> bool:
    """Whether a header's value, text, bytes or what holds them, has an OAuth token or (text) its mask anywhere in it, however written."""
    if isinstance(value, str):
        return OAUTH_TOKEN_PREFIX in value or MASK in value
    if isinstance(value, (bytes, bytearray)):
        return _PREFIX_BYTES in value
    return has_token(value) or (isinstance(value, (list, tuple)) and any(map(holds_token, value)))


def text_of(value: object) -> str:
    """A header's name or value, text or bytes, as text; empty for anything else."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("latin-1")
    return value if isinstance(value, str) else ""


def name_of(name: object) -> str:
    """A header's name as it is compared: without case, and without the white space around it, which one client strips and another sends."""
    return (name if type(name) is str else text_of(name)).strip().lower()


def has_token(headers: object) -> bool:
    """Whether any header of a mapping holds an OAuth token, well formed or not."""
    return isinstance(headers, (dict, Mapping)) and any(map(holds_token, headers.values()))


def token_in_headers(headers: object) -> str | None:
    """The OAuth token in `Authorization` or else in `x-api-key`, under any casing; None without one. Raises InvalidTokenError."""
    if not isinstance(headers, (dict, Mapping)) or not has_token(headers):
        return None
    for name in ("authorization", "x-api-key"):
        for key, value in headers.items():
            if name_of(key) == name and (token := oauth_token(value)) is not None:
                return token
    return None


def first_credential(
    *, api_key: object = None, env_api_key: object = None, env_auth_token: object = None
) -> str | None:
    """The credential that a call is configured with, stripped; None where nothing is set. Empty and blank values count as unset.

    `ANTHROPIC_AUTH_TOKEN` takes part only if it is an OAuth token: another bearer keeps its own way to the wire. Raises InvalidTokenError,
    also for what was sealed since it holds a token, and is none: its mask is nothing to send.
    """
    for value in (api_key, env_api_key, oauth_token(env_auth_token)):
        if isinstance(value, OAuthToken) and oauth_token(value) is None:
            raise InvalidTokenError(WRONG_FORM)
        if isinstance(value, OAuthToken):
            return value
        if isinstance(value, str) and value.strip():
            return oauth_token(value) or value.strip()
    return None


def merge_betas(*values: object) -> str:
    """All betas in the values (comma-separated text, or lists of it), each once, as they come, comma-separated; none that holds a token."""
    betas: Final[dict[str, None]] = {}  # mutable-ok: built here
    for value in values:
        for part in value if isinstance(value, (list, tuple, set, frozenset)) else (value,):
            betas.update(dict.fromkeys(beta.strip() for beta in text_of(part).split(",") if not holds_token(beta)))
    betas.pop("", None)
    return ",".join(betas)


def betas_in(headers: Mapping[str, object]) -> str:
    """The betas that headers ask for, under any casing and in however many of them, as merge_betas gives them."""
    return merge_betas(*(value for name, value in headers.items() if name_of(name) == BETA_HEADER))


def asks_for_oauth(headers: Mapping[str, object]) -> bool:
    """Whether the OAuth beta is among those that headers ask for."""
    return OAUTH_BETA in betas_in(headers).split(",")


def set_anthropic_headers(
    headers: Mapping[str, V], api_key: str | None
) -> dict[str, V | str]:  # mutable-ok: a new dict
    """The headers with the credential written into them: a new dict, the given one is left alone.

    An OAuth token becomes the one `authorization` bearer, takes every `x-api-key` out, adds its beta and sets the browser header. Any other
    key becomes `x-api-key` and changes nothing else. None or blank changes nothing.
    """
    token: Final = oauth_token(api_key)
    if token is None:
        if (key := first_credential(api_key=api_key)) is None:
            return {**headers}
        return {name: v for name, v in headers.items() if name_of(name) != "x-api-key"} | {"x-api-key": key}
    kept: Final[dict[str, V | str]] = {}  # mutable-ok: built here
    betas: Final[list[object]] = [getattr(api_key, "betas", "")]  # mutable-ok: built here
    for name, value in headers.items():
        lower = name_of(name)
        if lower not in _WRITTEN_HEADERS:
            kept[name] = value
        elif lower == BETA_HEADER:
            betas.append(value)
    kept["authorization"] = (ConfiguredBearer if getattr(api_key, "configured", True) else str)(f"Bearer {token}")
    kept[BETA_HEADER] = merge_betas(*betas, OAUTH_BETA) if any(betas) else OAUTH_BETA
    kept[_BROWSER_HEADER] = "true"
    return kept


def without_oauth(
    headers: Mapping[str, V], *, keep_oauth_beta: bool = False, keep_betas: bool = True
) -> dict[str, V | str]:  # mutable-ok: a new dict
    """The headers without those that hold an OAuth token and, unless told otherwise, without the OAuth beta; a new dict."""
    kept: Final[dict[str, V | str]] = {}  # mutable-ok: built here
    for name, value in headers.items():
        if holds_token(value) or (name_of(name) == BETA_HEADER and not keep_betas):
            continue
        if name_of(name) == BETA_HEADER and not keep_oauth_beta and OAUTH_BETA in merge_betas(value).split(","):
            if others := ",".join(beta for beta in merge_betas(value).split(",") if beta != OAUTH_BETA):
                kept[name] = others
        else:
            kept[name] = value
    return kept


def sealed(headers: Mapping[str, object]) -> Mapping[str, object]:
    """The headers with an OAuthToken for each value that holds one, so that whoever is handed them sees a mask; the same without any."""
    if not has_token(headers):
        return headers
    plain: Final = {name for name, value in headers.items() if isinstance(value, OAuthToken) or not holds_token(value)}
    return {name: value if name in plain else OAuthToken(value) for name, value in headers.items()}


def scope_headers(
    headers: Mapping[str, object],
    *,
    provider: str | None,
    api_bases: Iterable[str | None],
    allowed: frozenset[str],
    own_key: str | None = None,
) -> ScopedHeaders:
    """Take the token out of a caller's headers and say whether it may go to this provider and destination.

    api_bases: every base URL this call may be sent to; the token travels only if it may go to each of them.
    allowed: origins beside Anthropic's own, as parse_origins returns them. own_key: the `api_key` that the token displaces.

    Raises InvalidTokenError for a token that would otherwise have been sent, and is malformed or written in a way Anthropic does not take.
    """
    if provider not in OAUTH_PROVIDERS:
        return ScopedHeaders(without_oauth(headers), may_go=False)
    refused: Final = next((base for base in api_bases if base is not None and not may_send_to(base, allowed)), None)
    if refused is not None:
        shown: Final = origin_of(refused) or "an api_base that is not a valid http(s) URL"
        return ScopedHeaders(without_oauth(headers), may_go=False, refused_origin=shown if has_token(headers) else None)
    token: Final = token_in_headers(headers)
    if token is None:
        if has_token(headers):
            raise InvalidTokenError(WRONG_FORM)
        return ScopedHeaders(dict(headers), may_go=True)
    replaced: Final = _WRITTEN_HEADERS - {_BROWSER_HEADER}
    others: Final = [each for each in headers.items() if name_of(each[0]) not in replaced and not holds_token(each[1])]
    kept: Final = dict(others)
    betas: Final = betas_in(headers)
    token_alone: Final = OAuthToken(token, betas=betas, displaced=own_key)
    return ScopedHeaders({**kept, BETA_HEADER: betas} if betas else kept, True, token_alone)


def may_send_to(url: str, allowed: frozenset[str]) -> bool:
    """Whether a token from a caller's headers may be sent to this URL: Anthropic's own origin, or one the operator lists."""
    return (origin := origin_of(url)) == ANTHROPIC_ORIGIN or origin in allowed
