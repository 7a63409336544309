"""A client's own OAuth token on its way through the proxy: sealed where a request enters, whatever it came in.

Hooks, guardrails, logs and spend records see a request before a call is made of it. They, and whatever else reads its headers, get a mask.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream keeps a token under any casing of its scheme, whichever header held the LiteLLM key, and shows it to no hook.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec  # noqa: TID251  # arguments are of any kind

from starlette.types import ASGIApp, Receive, Scope, Send

from litellm.litellm_core_utils.oauth_arguments import seal
from litellm.litellm_core_utils.wrapped_calls import by_name
from litellm.llms.anthropic.oauth import (
    BETA_HEADER,
    MASK,
    OAuthToken,
    has_token,
    holds_token,
    merge_betas,
    token_in_headers,
    without_oauth,
)
from litellm.proxy._types import ProxyException
from litellm.proxy.auth.litellm_key import as_sent, errors_for_the_client, fields_without_litellm_key

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
_SHOWN: Final = MASK.encode()
_CAME_WITH_TOKEN: Final = "litellm_came_with_client_token"  # of a scope: asked by each route that is a client's own


def carries_client_token(clean_headers: Callable[P, Mapping[str, str]]) -> Callable[P, Mapping[str, str]]:
    """Make the cleaning of a request's headers keep its client's token, sealed, and no header with the LiteLLM key."""

    names: Final = [*inspect.signature(clean_headers).parameters]

    @functools.wraps(clean_headers)
    def cleaned(*args: P.args, **kwargs: P.kwargs) -> Mapping[str, str]:  # kwargs-ok: handed on
        given: Final[Mapping[str, Any]] = by_name(names, args, kwargs)
        headers: Final[Mapping[str, str]] = given["headers"]
        fields: Final = fields_without_litellm_key(headers, given.get("litellm_key_header_name"))
        no_key: Final = dict(fields)
        # Of a name that comes several times upstream keeps the last, which may be the one with the key.
        kept: Final = {name: no_key[name] for name in clean_headers(*args, **kwargs) if name in no_key}
        if not has_token(headers):
            return kept
        with errors_for_the_client():
            token: Final = token_in_headers(as_sent(headers))
        others: Final = without_oauth(kept, keep_oauth_beta=True, keep_betas=False)
        betas: Final = merge_betas(*(value for name, value in fields if name.lower() == BETA_HEADER))
        return {
            **others,
            **({BETA_HEADER: betas} if betas else {}),
            **({"authorization": OAuthToken(token)} if token else {}),
        }

    return cleaned


class _SealedValue(bytes):
    """A header's value in a request's scope, which reads as the sealed token to whoever decodes it, as Starlette's headers do."""

    token: OAuthToken

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self.token


class SealsClientTokens:
    """ASGI: whoever reads a request's headers behind it, hooks, other servers' clients and pass-throughs among them, reads a mask."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields: Final = scope.get("headers", ())
        came_with_one: Final = any(_SHOWN in value or holds_token(value) for _, value in fields)
        scope[_CAME_WITH_TOKEN] = came_with_one  # rebind-ok: whoever holds this scope is to know
        if came_with_one:
            scope["headers"] = [  # rebind-ok: whoever holds this scope is to read the mask
                (name, _sealed_value(value) if holds_token(value) else value) for name, value in fields
            ]
        await self.app(scope, receive, send)


def came_with_token(scope: Scope) -> bool:
    """Whether SealsClientTokens saw a client's token in a request's headers, well formed or not, or what a sealed one shows as."""
    return bool(scope.get(_CAME_WITH_TOKEN))


def _sealed_value(value: bytes) -> bytes:
    sealed_value: Final = _SealedValue(MASK, "latin-1")
    sealed_value.token = OAuthToken(value.decode("latin-1"))
    return sealed_value


def seal_client_credentials(data: dict[str, object]) -> None:  # mutable-ok: it is sealed in place
    """Seal each OAuth token in a request's data, in place: one that came as `api_key` is the client's, for this request, as in a header.

    Raises ProxyException, 400, where headers that are none stand in its way.
    """
    key, others = data.get("api_key"), data.get("extra_headers") or {}
    if holds_token(key):
        if not isinstance(others, Mapping):
            reason: Final = "`extra_headers` is no object of names and values, and an Anthropic OAuth token came beside it. Correct it."
            raise ProxyException(message=reason, type="invalid_request_error", param="extra_headers", code=400)
        del data["api_key"]  # rebind-ok: the request itself is what LiteLLM goes on with
        data["extra_headers"] = {"authorization": OAuthToken(key), **others}  # rebind-ok: as above
    data.update(seal((), data)[1])
