"""What only releases with header builders of their own on each path need: an OAuth token written where a builder wrote a key.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: no supported release is older than upstream's shared `get_auth_header`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import httpx

from litellm.llms.anthropic.oauth import (
    ConfiguredBearer,
    OAuthToken,
    has_token,
    is_anthropic_oauth_key,
    oauth_token,
    set_anthropic_headers,
)

P = ParamSpec("P")
R = TypeVar("R", "dict[str, Any]", "tuple[dict[str, Any], str | None]")


def writes_oauth_token(build: Callable[P, R]) -> Callable[P, R]:
    """Make a builder of request headers, which answers with them or with a tuple that starts with them, write an OAuth token anew.

    The caller's headers are left alone. Any other credential stays as the builder wrote it.
    """

    @functools.wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> R:
        from litellm.llms.anthropic.common_utils import AnthropicModelInfo

        if isinstance(kwargs.get("headers"), Mapping):
            kwargs["headers"] = dict(kwargs["headers"])  # type: ignore[call-overload]
        # Release 1.81.0 looks for no credential here.
        if kwargs.get("api_key") is None and is_anthropic_oauth_key(key := AnthropicModelInfo.get_api_key()):
            kwargs["api_key"] = key
        answer: Any = build(*args, **kwargs)
        headers = answer[0] if isinstance(answer, tuple) else answer
        written = _written(headers, own=kwargs.get("api_key"))
        return (written, *answer[1:]) if isinstance(answer, tuple) else written  # type: ignore[return-value]

    return built


def raise_for_refusal(answer: httpx.Response) -> None:
    """Raise AnthropicError for a refusal of an OAuth token, which the release reads as any answer."""
    from litellm.llms.anthropic.common_utils import AnthropicError

    if answer.is_error and has_token(answer.request.headers):
        raise AnthropicError(answer.status_code, answer.text, answer.headers)


def _written(headers: dict[str, Any], own: object) -> dict[str, Any]:
    """Headers with a token written anew; it is the call's own where the bearer says so, or where a builder made one of its key's text."""
    bearer, key = headers.get("authorization"), headers.get("x-api-key")
    if is_anthropic_oauth_key(bearer):
        configured = isinstance(bearer, ConfiguredBearer) or (
            type(own) is str and is_anthropic_oauth_key(own) and oauth_token(own) == oauth_token(bearer)
        )
        return set_anthropic_headers(headers, OAuthToken(bearer, configured=configured))
    return set_anthropic_headers(headers, key) if is_anthropic_oauth_key(key) else headers
