"""The LiteLLM key of a request: where it stands, that no OAuth token is one, and that it goes nowhere else.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream accepts the key in any of its headers beside a token, answers a lone token with 401, and forwards the key to nobody.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final, ParamSpec

import litellm
from litellm.llms.anthropic.oauth import MASK, WRONG_FORM, InvalidTokenError, OAuthToken, holds_token, token_in_headers
from litellm.proxy._types import LiteLLMRoutes, ProxyErrorTypes, ProxyException, UserAPIKeyAuth, hash_token

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
# The hash of it: no credential stands in a context, which background tasks inherit.
_accepted: Final[contextvars.ContextVar[str | None]] = contextvars.ContextVar("accepted_litellm_key", default=None)
_HASH: Final = re.compile("[0-9a-f]{64}")

# Where LiteLLM looks for its key, in its order.
_NAMES: Final = "x-litellm-api-key authorization api-key x-api-key x-goog-api-key ocp-apim-subscription-key"
KEY_HEADERS: Final = tuple(_NAMES.split())
_CREDENTIAL_HEADERS: Final = frozenset({*KEY_HEADERS, "proxy-authorization"})
_BETWEEN_WORDS: Final = re.compile(r"[\s=;,&\"']+")


class CredentialError(ProxyException):
    """What is refused of a client's credentials before anything is sent: 401, in the shape of the route."""

    def __init__(self, message: str) -> None:
        super().__init__(message=message, type=ProxyErrorTypes.auth_error, param=None, code=401)


class TokenAsKeyError(CredentialError):
    """An OAuth token stands where the LiteLLM key is expected."""

    def __init__(self, header: str = "x-litellm-api-key") -> None:
        super().__init__(
            f"An Anthropic OAuth token is no LiteLLM key. Send your LiteLLM key in `{header}`, and the token in `Authorization`."
        )


def remembers_litellm_key(
    authenticate: Callable[P, Awaitable[UserAPIKeyAuth]],
) -> Callable[P, Awaitable[UserAPIKeyAuth]]:
    """Make authentication tell the rest of a request which key it accepted: one that only the operator's own code knows is kept nowhere."""

    @functools.wraps(authenticate)
    async def authenticated(*args: P.args, **kwargs: P.kwargs) -> UserAPIKeyAuth:  # kwargs-ok: handed on
        user: Final = await authenticate(*args, **kwargs)
        if user.token:
            _accepted.set(user.token if _HASH.fullmatch(user.token) else hash_token(user.token))
        return user

    return authenticated


@contextlib.contextmanager
def errors_for_the_client() -> Iterator[None]:
    """What the policy refuses, as an error the proxy's own handlers render on every route."""
    try:
        yield
    except (InvalidTokenError, litellm.AuthenticationError) as error:
        raise CredentialError(getattr(error, "message", str(error))) from None


def custom_key_header() -> str | None:
    """The header that the operator has LiteLLM look for its key in; None where it looks in its usual ones."""
    from litellm.proxy.proxy_server import general_settings

    header: Final = general_settings.get("litellm_key_header_name")
    return header if isinstance(header, str) else None


def refuse_near_miss(headers: Mapping[str, str]) -> None:
    """Raise ProxyException where a credential's header holds an OAuth token that no header sends as Anthropic takes it."""
    meant: Final = {
        name: value
        for name, value in as_sent(headers).items()
        if name.lower() in _CREDENTIAL_HEADERS and holds_token(value)
    }
    with errors_for_the_client():
        if meant and token_in_headers(meant) is None:
            raise InvalidTokenError(WRONG_FORM)


def as_sent(headers: Mapping[str, str]) -> Mapping[str, str]:
    """A request's headers, of each name the first, without a mask that stands for no token: LiteLLM makes requests of its own (MCP)."""
    return {
        name: value
        for name, value in reversed([*headers.items()])
        if isinstance(value, OAuthToken) or MASK not in value
    }


def refuse_lone_token(route: str) -> None:
    """Raise TokenAsKeyError where an OAuth token came without a LiteLLM key to a proxy that asks for one, and judges keys itself."""
    from litellm.proxy import proxy_server

    asks: Final = (
        proxy_server.master_key is not None and proxy_server.user_custom_auth is None and custom_key_header() is None
    )
    if asks and route not in LiteLLMRoutes.public_routes.value:
        raise TokenAsKeyError


def without_litellm_key(headers: Mapping[str, str], custom_header: str | None) -> Mapping[str, str]:
    """The headers without those that carry a LiteLLM key in their value, by whichever name: the first one, or one that authenticated."""
    return dict(fields_without_litellm_key(headers, custom_header))


def fields_without_litellm_key(
    headers: Mapping[str, str], custom_header: str | None, user: UserAPIKeyAuth | None = None
) -> Sequence[tuple[str, str]]:
    """The same, field by field, where a name may come several times, and without the key of `user`."""
    fields: Final = [*headers.items()]
    carrying: Final = carry_litellm_key([value for _, value in fields], user, _key_in(fields, custom_header))
    return [field for field, carries in zip(fields, carrying, strict=True) if not carries]


def without_first_key(fields: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """A request's header fields without the LiteLLM key that stands first among them, before it is known whose request it is.

    What else holds a key that the proxy knows is taken off where a request leaves (llms/custom_httpx/oauth_exit.py).
    """
    key: Final = _key_in(fields, custom_key_header())
    return [(name, value) for name, value in fields if key is None or key not in _words(value)]


def carries_litellm_key(value: str, user: UserAPIKeyAuth | None) -> bool:
    """Whether a cookie or parameter holds a LiteLLM key, as carry_litellm_key says of many values."""
    return carry_litellm_key([value], user)[0]


def carry_litellm_key(values: Sequence[str], user: UserAPIKeyAuth | None, key: str | None = None) -> Sequence[bool]:
    """Which headers, cookies or parameters hold a LiteLLM key: that of `user`, which LiteLLM knows by its hash, the master key, this
    very one, or any virtual key that this proxy has accepted for this request, or accepted and still keeps."""
    from litellm.proxy.proxy_server import master_key, user_api_key_cache

    known: Final = {key, master_key, _accepted.get(), *(() if user is None else (user.api_key, user.token))} - {None}
    kept: Final = user_api_key_cache.in_memory_cache.cache_dict
    # Each word is hashed once, however often it comes.
    words: Final = {*map(str.strip, values), *_BETWEEN_WORDS.split("\n".join(values))} - {""}
    keys: Final = {word for word in words if word in known or (hashed := hash_token(word)) in known or hashed in kept}
    # The master key is looked for as it is, since a word may be written in as many ways as there are marks.
    return [
        bool(master_key and master_key in value)
        or (any(map(value.__contains__, keys)) and not keys.isdisjoint(_words(value)))
        for value in values
    ]


def bare(value: str) -> str:
    """A credential header's value without a `Bearer` scheme."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def _words(value: str) -> Sequence[str]:
    return (value.strip(), *_BETWEEN_WORDS.split(value))


def _key_in(fields: Sequence[tuple[str, str]], custom_header: str | None) -> str | None:
    """The first key header in LiteLLM's order that is no OAuth token, without its scheme."""
    # Of a name that comes several times LiteLLM reads the first.
    lower: Final = {name.lower(): value for name, value in reversed(fields)}
    names: Final = KEY_HEADERS if custom_header is None else (custom_header.lower(), *KEY_HEADERS)
    return next((bare(lower[name]) for name in names if lower.get(name) and not holds_token(lower[name])), None)
