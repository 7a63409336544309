"""What only releases need that scope no credential header, and copy a request's headers into its data as they came.

Intent: privacy
Upstream: none yet
Remove when: no supported release is older than upstream's redacted headers.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from litellm.llms.anthropic.oauth import OAUTH_PROVIDERS, OAuthToken, sealed

P = ParamSpec("P")
R = TypeVar("R")


def adds_client_token(add_headers: Callable[P, R]) -> Callable[P, R]:
    """Make the step that takes a request's Anthropic headers along take the client's token, too, for the policy to scope."""

    @functools.wraps(add_headers)
    def added(*args: P.args, **kwargs: P.kwargs) -> R:
        answer = add_headers(*args, **kwargs)
        given = inspect.signature(add_headers).bind(*args, **kwargs).arguments
        data, token = given["data"], given["headers"].get("authorization")
        if isinstance(token, OAuthToken):
            entry = data.get("provider_specific_header") or {"custom_llm_provider": "", "extra_headers": {}}
            providers = {*entry["custom_llm_provider"].split(","), *OAUTH_PROVIDERS} - {""}
            data["provider_specific_header"] = {
                "custom_llm_provider": ",".join(sorted(providers)),
                "extra_headers": {**entry["extra_headers"], "authorization": token},
            }
        return answer

    return added


def seals_header_copies(add_data: Callable[P, Awaitable[dict[str, Any]]]) -> Callable[P, Awaitable[dict[str, Any]]]:
    """Make the step that puts a request's data together, for hooks and logs too, seal tokens in its copies of the request's headers."""

    @functools.wraps(add_data)
    async def added(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        data = await add_data(*args, **kwargs)
        for name, headers in (("secret_fields", "raw_headers"), ("metadata", "headers"), ("litellm_metadata", "headers")):
            holder = data.get(name)
            if isinstance(holder, dict) and headers in holder:
                holder[headers] = sealed(holder[headers])
        return data

    return added
