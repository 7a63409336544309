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
from typing import Any, ParamSpec, TypeVar, cast

from litellm.litellm_core_utils.oauth_arguments import seal
from litellm.llms.anthropic.oauth import OAuthToken, has_token, holds_token, sealed, token_in_headers, without_oauth
from litellm.proxy.auth.litellm_key import without_litellm_key
from litellm.proxy.client_errors import errors_for_the_client

P = ParamSpec("P")
Headers = TypeVar("Headers", bound=Mapping[str, Any])


def carries_client_token(clean_headers: Callable[P, dict[str, str]]) -> Callable[P, dict[str, str]]:
    """Make the cleaning of a request's headers keep its client's token, sealed, and no header with the LiteLLM key."""

    @functools.wraps(clean_headers)
    def cleaned(*args: P.args, **kwargs: P.kwargs) -> dict[str, str]:
        given = inspect.signature(clean_headers).bind(*args, **kwargs).arguments
        headers: Mapping[str, str] = given["headers"]
        no_key = without_litellm_key(headers, given.get("litellm_key_header_name"))
        kept = {name: value for name, value in clean_headers(*args, **kwargs).items() if name in no_key}
        if not has_token(headers):
            return kept
        with errors_for_the_client():
            token = token_in_headers(headers)
        others = cast("dict[str, str]", without_oauth(kept, keep_oauth_beta=True))
        wrong = next(value for value in headers.values() if holds_token(value))
        return {**others, "authorization": OAuthToken(wrong if token is None else token)}

    return cleaned


def sealed_headers(read: Callable[P, Headers]) -> Callable[P, Headers]:
    """Make a reader of a request's headers answer with a mask for a client's token."""

    @functools.wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> Headers:
        return cast(Headers, sealed(read(*args, **kwargs)))

    return reading


def seal_client_credentials(data: dict[str, Any]) -> None:
    """Seal each OAuth token in a request's data, in place: one that came as `api_key` is the client's, for this request, as in a header."""
    key = data.get("api_key")
    if holds_token(key):
        del data["api_key"]
        data["extra_headers"] = {"authorization": OAuthToken(key), **(data.get("extra_headers") or {})}
    data.update(seal((), data)[1])
