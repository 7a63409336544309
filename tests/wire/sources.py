"""The places a credential can come from, alone and beside others, and which of them wins."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support import credentials

KNOWN_BETA = "context-1m-2025-08-07"
# Upstream drops betas it has no list entry for on some paths; with a token none that the caller asked for may go.
UNKNOWN_BETA = "not-yet-listed-2031-01-01"


@dataclass(frozen=True)
class Source:
    """What a caller sets. A credential stands as its name in braces: `{token}`, `{other}` (another token), `{api_key}`, `{bearer}`.

    wins: the name of the credential that must go out.
    betas: what the caller's own headers ask for.
    """

    name: str
    wins: str
    api_key: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    betas: tuple[str, ...] = ()


def new_credentials() -> dict[str, str]:
    """Fresh values by name, so that no test can pass on what another left behind."""
    return {
        "token": credentials.oauth_token(),
        "other": credentials.oauth_token(),
        "api_key": credentials.api_key(),
        "bearer": credentials.plain_bearer(),
    }


def filled(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: text.format(**values) for name, text in template.items()}


def malformed(token: str) -> str:
    """The token with a control character inside, as a file with two lines would give it."""
    return token[:20] + secrets.choice("\n\r\t\x00\x7f") + token[20:]


_KEY, _AUTH = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"
_BEARER = {"Authorization": "Bearer {token}"}

WITHOUT_HEADERS = (
    Source("token as api_key", "token", api_key="{token}"),
    Source("token with a newline as api_key", "token", api_key="{token}\n"),
    Source("token as api_key, key in environment", "token", api_key="{token}", environment={_KEY: "{api_key}"}),
    Source("token in ANTHROPIC_API_KEY", "token", environment={_KEY: "{token}"}),
    Source("token with a newline in ANTHROPIC_API_KEY", "token", environment={_KEY: "{token}\n"}),
    Source("token in ANTHROPIC_AUTH_TOKEN", "token", environment={_AUTH: "{token}"}),
    Source("token with a newline in ANTHROPIC_AUTH_TOKEN", "token", environment={_AUTH: "{token}\n"}),
    Source("blank api_key, token in ANTHROPIC_AUTH_TOKEN", "token", api_key=" ", environment={_AUTH: "{token}"}),
    Source("blank ANTHROPIC_API_KEY, token in ANTHROPIC_AUTH_TOKEN", "token", environment={_KEY: " ", _AUTH: "{token}"}),
    Source("tokens in both variables", "token", environment={_KEY: "{token}", _AUTH: "{other}"}),
    Source("key in ANTHROPIC_API_KEY, token in ANTHROPIC_AUTH_TOKEN", "api_key", environment={_KEY: "{api_key}", _AUTH: "{token}"}),
    Source("key as api_key, tokens in both variables", "api_key", api_key="{api_key}", environment={_KEY: "{token}", _AUTH: "{other}"}),
    Source("key as api_key", "api_key", api_key="{api_key}"),
    Source("key in ANTHROPIC_API_KEY", "api_key", environment={_KEY: "{api_key}"}),
    Source("plain bearer in ANTHROPIC_AUTH_TOKEN", "bearer", environment={_AUTH: "{bearer}"}),
)

_SPELLINGS = (_BEARER, {"authorization": "bearer  {token}"}, {"AUTHORIZATION": "BEARER {token}"})

IN_HEADERS = (
    *(Source(f"token in {name}", "token", headers={name: value}) for spelling in _SPELLINGS for name, value in spelling.items()),
    *(
        Source(f"token in {name}, key as api_key", "token", api_key="{api_key}", headers={name: value})
        for spelling in _SPELLINGS
        for name, value in spelling.items()
    ),
    *(
        Source(f"token in {name}, key in environment", "token", environment={_KEY: "{api_key}"}, headers={name: value})
        for spelling in _SPELLINGS
        for name, value in spelling.items()
    ),
    Source("token in X-Api-Key header", "token", headers={"X-Api-Key": "{token}"}),
    Source("token and key in headers", "token", headers={**_BEARER, "x-api-key": "{api_key}"}),
    Source("token in headers, another as api_key", "token", api_key="{other}", headers=_BEARER),
    Source("token in headers, another in ANTHROPIC_AUTH_TOKEN", "token", environment={_AUTH: "{other}"}, headers=_BEARER),
    Source("token in headers, bearer in ANTHROPIC_AUTH_TOKEN", "token", environment={_AUTH: "{bearer}"}, headers=_BEARER),
    Source("token and a beta in headers", "token", headers={**_BEARER, "anthropic-beta": KNOWN_BETA}, betas=(KNOWN_BETA,)),
    Source("token and an unknown beta in headers", "token", headers={**_BEARER, "anthropic-beta": UNKNOWN_BETA}, betas=(UNKNOWN_BETA,)),
    Source(
        "token and the OAuth beta in headers",
        "token",
        headers={**_BEARER, "Anthropic-Beta": f"oauth-2025-04-20, {KNOWN_BETA}"},
        betas=(KNOWN_BETA,),
    ),
    Source("a beta in headers, token as api_key", "token", api_key="{token}", headers={"anthropic-beta": KNOWN_BETA}, betas=(KNOWN_BETA,)),
    Source(
        "a beta in headers, token in ANTHROPIC_AUTH_TOKEN",
        "token",
        environment={_AUTH: "{token}"},
        headers={"anthropic-beta": KNOWN_BETA},
        betas=(KNOWN_BETA,),
    ),
)

ALONE_IN_HEADERS = tuple(source for source in IN_HEADERS if source.api_key is None and not source.environment)
