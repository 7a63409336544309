"""What only releases need that take no credential header of a client's along to a call.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: no supported release is older than upstream's scoped credential headers.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from litellm.llms.anthropic.oauth import OAUTH_PROVIDERS, OAuthToken

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
            if isinstance(entry, dict):
                providers = {*entry["custom_llm_provider"].split(","), *OAUTH_PROVIDERS} - {""}
                data["provider_specific_header"] = {
                    "custom_llm_provider": ",".join(sorted(providers)),
                    "extra_headers": {**entry["extra_headers"], "authorization": token},
                }
            else:  # since 1.99 one entry for each scope, where there are several
                own = {
                    "custom_llm_provider": ",".join(sorted(OAUTH_PROVIDERS)),
                    "extra_headers": {"authorization": token},
                }
                data["provider_specific_header"] = [*entry, own]
        return answer

    return added
