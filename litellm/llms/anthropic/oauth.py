"""The policy for Anthropic OAuth tokens: what is one, which credential wins, where it may go, what goes out with it.

Upstream decides each of these anew on every call path, and differently. Here they are decided once, by pure functions on the standard
library alone, so that every touch is a call into this module and the rules can be tested without LiteLLM.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream sends the same headers for an OAuth token on every call path, scopes a caller's token by provider and by origin, and
    its own tests assert whole header sets for both.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

OAUTH_TOKEN_PREFIX: Final = "sk-ant-oat"
OAUTH_BETA: Final = "oauth-2025-04-20"
ORIGINS_ENV: Final = "LITELLM_ANTHROPIC_OAUTH_ORIGINS"
ANTHROPIC_ORIGIN: Final = "https://api.anthropic.com"
OAUTH_PROVIDERS: Final = frozenset({"anthropic", "anthropic_text"})

MASK: Final = "<an Anthropic OAuth token>"

_TOKEN: Final = re.compile(rf"{OAUTH_TOKEN_PREFIX}[^\s\"',;)}}\]]*")
_CREDENTIAL_HEADERS: Final = frozenset({"authorization", "x-api-key"})
_BETA_HEADER: Final = "anthropic-beta"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class InvalidTokenError(ValueError):
    """A value starts like an OAuth token and cannot be one. The message never repeats the value."""


class InvalidOriginError(ValueError):
    """An entry of the origin setting is not an origin a token may be sent to."""


class CarriedToken(str):
    """A client's token on its way through the proxy: as a string it is a mask, and only the policy reads the token.

    A proxy's request data reaches hooks, logs and spend records before a call is made; whatever prints or serializes it gets the mask.
    """

    token: str

    def __new__(cls, token: str) -> CarriedToken:
        instance = super().__new__(cls, MASK)
        instance.token = token
        return instance


@dataclass(frozen=True)
class ScopedHeaders:
    """A caller's headers after scoping, and the token that was taken out of them.

    headers: the caller's headers without the token; a new dict.
    token: the token, if it may go to the destination; None otherwise.
    refused_origin: the origin the token was kept from, where the provider is Anthropic and the origin is not listed; None otherwise.
    """

    headers: dict[str, object]
    token: str | None
    refused_origin: str | None


def oauth_token(value: object) -> str | None:
    """The OAuth token in a credential value, with or without a `Bearer` scheme, stripped; None for anything else.

    Only the prefix `sk-ant-oat` counts, in this case: plan logins, `claude setup-token` and Workload Identity Federation all mint it.
    The scheme's case and the space after it are free (RFC 9110, 11.1).

    Raises InvalidTokenError if the token has a control character or white space inside, which no header can carry, and for a mask whose
    token was lost on the way: another credential in its place would be billed without a word.
    """
    if isinstance(value, CarriedToken):
        return value.token
    if not isinstance(value, str):
        return None
    candidate = value.strip()
    scheme, _, rest = candidate.partition(" ")
    if scheme.lower() == "bearer":
        candidate = rest.strip()
    if candidate == MASK:
        raise InvalidTokenError(
            "An Anthropic OAuth token was masked for a log, and the mask cannot be sent in its place. Send the token anew."
        )
    if not candidate.startswith(OAUTH_TOKEN_PREFIX):
        return None
    if not all(character.isprintable() and not character.isspace() for character in candidate):
        raise InvalidTokenError(
            "An Anthropic OAuth token has white space or a control character inside (the value is not shown). "
            "Copy it again, in one line: was it read from a file that holds more than the token?"
        )
    return candidate


def is_anthropic_oauth_key(value: object) -> bool:
    """Whether a value is an Anthropic OAuth token, raw or as a bearer. Never raises: what is malformed is no token."""
    try:
        return oauth_token(value) is not None
    except InvalidTokenError:
        return False


def token_in_headers(headers: object) -> str | None:
    """The OAuth token that a mapping of headers carries, in `Authorization` or else in `x-api-key`, under any casing; None without one.

    Raises InvalidTokenError as oauth_token does.
    """
    if not isinstance(headers, Mapping):
        return None
    for name in ("authorization", "x-api-key"):
        for key, value in headers.items():
            if isinstance(key, str) and key.lower() == name and (token := oauth_token(value)) is not None:
                return token
    return None


def first_credential(
    *,
    api_key: object = None,
    env_api_key: object = None,
    env_auth_token: object = None,
) -> str | None:
    """The credential that a call is configured with, stripped; None where nothing is set. Empty and blank values count as unset.

    A token in the caller's headers goes before all of these: scope_headers takes it out, and it is the call's `api_key` from there on.
    `ANTHROPIC_AUTH_TOKEN` takes part only if it is an OAuth token: another bearer keeps its own way to the wire.
    """
    for value in (api_key, env_api_key, oauth_token(env_auth_token)):
        if isinstance(value, str) and value.strip():
            return oauth_token(value) or value.strip()
    return None


def merge_betas(*values: object) -> str:
    """All betas in the values (comma-separated strings, or lists of them), each once, sorted, comma-separated."""
    betas: set[str] = set()
    for value in values:
        parts: Iterable[object] = (value,) if isinstance(value, str) else value if isinstance(value, (list, tuple, set, frozenset)) else ()
        betas.update(beta.strip() for part in parts if isinstance(part, str) for beta in part.split(","))
    return ",".join(sorted(betas - {""}))


def set_anthropic_headers(headers: Mapping[str, object], api_key: str | None) -> dict[str, object]:
    """The headers with the credential written into them: a new dict, the given one is left alone.

    An OAuth token becomes the one `authorization` bearer, takes every `x-api-key` out, adds its beta to those already asked for and sets
    the browser header. Any other key becomes `x-api-key` and changes nothing else. None or blank changes nothing.
    """
    credential = first_credential(api_key=api_key)
    if credential is None:
        return dict(headers)
    token = oauth_token(credential)
    if token is None:
        return {**_without(headers, frozenset({"x-api-key"})), "x-api-key": credential}
    betas = [value for name, value in headers.items() if name.lower() == _BETA_HEADER]
    browser = "anthropic-dangerous-direct-browser-access"
    return {
        **_without(headers, _CREDENTIAL_HEADERS | {_BETA_HEADER, browser}),
        "authorization": f"Bearer {token}",
        _BETA_HEADER: merge_betas(*betas, OAUTH_BETA),
        browser: "true",
    }


def without_oauth(headers: Mapping[str, object], *, keep_beta: bool = False) -> dict[str, object]:
    """The headers without an OAuth token and, unless `keep_beta`, without the OAuth beta; a new dict, other headers as they were."""
    kept: dict[str, object] = {}
    for name, value in headers.items():
        if isinstance(name, str) and name.lower() in _CREDENTIAL_HEADERS and _starts_like_a_token(value):
            continue
        if isinstance(name, str) and name.lower() == _BETA_HEADER and not keep_beta and OAUTH_BETA in merge_betas(value).split(","):
            others = [beta for beta in merge_betas(value).split(",") if beta != OAUTH_BETA]
            if others:
                kept[name] = ",".join(others)
            continue
        kept[name] = value
    return kept


def has_oauth(headers: object) -> bool:
    """Whether a mapping of headers carries anything that scoping is about: an OAuth token, well formed or not, or the OAuth beta."""
    return isinstance(headers, Mapping) and without_oauth(headers) != dict(headers)


def scope_headers(
    headers: Mapping[str, object], *, provider: str | None, api_bases: Iterable[str | None], allowed: frozenset[str]
) -> ScopedHeaders:
    """Take the token out of a caller's headers and say whether it may go to this provider and destination.

    api_bases: every base URL this call may be sent to; the token travels only if it may go to each of them.
    allowed: origins beside Anthropic's own, as parse_origins returns them.

    Raises InvalidTokenError for a malformed token that would otherwise have been sent.
    """
    if provider not in OAUTH_PROVIDERS:
        return ScopedHeaders(without_oauth(headers), None, None)
    refused = next((base for base in api_bases if base is not None and not may_send_to(base, allowed)), None)
    if refused is not None:
        shown = origin_of(refused) or "an api_base that is not a valid http(s) URL"
        return ScopedHeaders(without_oauth(headers), None, shown if has_token(headers) else None)
    token = token_in_headers(headers)
    if token is None:
        return ScopedHeaders(dict(headers), None, None)
    betas = merge_betas(*(value for name, value in headers.items() if name.lower() == _BETA_HEADER))
    asked = {_BETA_HEADER: betas} if betas else {}
    return ScopedHeaders({**_without(headers, _CREDENTIAL_HEADERS | {_BETA_HEADER}), **asked}, token, None)


def has_token(headers: object) -> bool:
    """Whether a mapping of headers carries an OAuth token, well formed or not."""
    return isinstance(headers, Mapping) and without_oauth(headers, keep_beta=True) != dict(headers)


def masked(value: object) -> object:
    """A value for a log or a callback: every OAuth token in a string, or in the strings of a mapping, is replaced; the rest is the same.

    What has no token comes back as the very object.
    """
    if isinstance(value, str) and not isinstance(value, CarriedToken):
        return _TOKEN.sub(MASK, value) if OAUTH_TOKEN_PREFIX in value else value
    if isinstance(value, Mapping) and any(isinstance(each, str) and OAUTH_TOKEN_PREFIX in each for each in value.values()):
        return {name: masked(each) if isinstance(each, str) else each for name, each in value.items()}
    return value


def origin_of(url: object) -> str | None:
    """The origin `scheme://host[:port]` of an http(s) URL, lower case, without a default port; None if the URL has none to rely on.

    User information, a backslash, white space or a control character in the URL give None: parsers disagree on where such a URL leads.
    """
    if not isinstance(url, str):
        return None
    text = url.strip()
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc or not parts.hostname.isascii():
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{host}{suffix}"


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port. False if either has no origin to rely on."""
    return (origin := origin_of(one)) is not None and origin == origin_of(other)


def may_send_to(url: str, allowed: frozenset[str]) -> bool:
    """Whether a token from a caller's headers may be sent to this URL: Anthropic's own origin, or one the operator lists."""
    return same_origin(url, ANTHROPIC_ORIGIN) or origin_of(url) in allowed


def parse_origins(setting: object) -> frozenset[str]:
    """The origins in a setting: a comma-separated string or a list of strings; None and blanks give an empty set.

    Raises InvalidOriginError, naming the entry, for what is not `scheme://host[:port]`, and for plain http to anything but loopback,
    where a token would cross a network readable by all.
    """
    if setting is None:
        return frozenset()
    entries = setting.split(",") if isinstance(setting, str) else setting
    if not isinstance(entries, (list, tuple, set, frozenset)):
        raise InvalidOriginError(f"{ORIGINS_ENV} is a {type(setting).__name__}: give a comma-separated string or a list of origins.")
    return frozenset(_valid_origin(entry) for entry in entries if not isinstance(entry, str) or entry.strip())


def _valid_origin(entry: object) -> str:
    origin = origin_of(entry)
    if origin is None or not isinstance(entry, str) or urlsplit(entry.strip()).path not in ("", "/") or any(mark in entry for mark in "?#"):
        raise InvalidOriginError(
            f"{entry!r} in {ORIGINS_ENV} is not an origin. Write scheme, host and port only, such as https://gateway.example:8443"
        )
    if origin.startswith("http://") and not _is_loopback(urlsplit(origin).hostname or ""):
        raise InvalidOriginError(
            f"{entry!r} in {ORIGINS_ENV} is plain http to another machine, where a token can be read on the way. Use https."
        )
    return origin


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _starts_like_a_token(value: object) -> bool:
    try:
        return oauth_token(value) is not None
    except InvalidTokenError:
        return True


def _without(headers: Mapping[str, object], names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in headers.items() if not (isinstance(name, str) and name.lower() in names)}
