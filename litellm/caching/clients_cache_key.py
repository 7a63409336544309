"""The key of a cached answer tells apart what Anthropic tells apart: with an OAuth token also by fields that LiteLLM does not know.

Upstream leaves such fields out of the request and of the key. Here they go out with a token, so that an answer to another of them is
another answer. LiteLLM imports this before anything of `llms/` can be imported, so what is of Anthropic is imported where it is called.

Intent: transparency
Upstream: none yet
Remove when: upstream has every field that it sends in the key of a cached answer.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final

from litellm.litellm_core_utils.oauth_arguments import HEADER_ARGUMENTS, any_headers


def tells_callers_fields_apart(make_key: Callable[..., str]) -> Callable[..., str]:
    """Make what makes the key of a call's answer add the fields that only its caller knows, for a call with an OAuth token."""

    @functools.wraps(make_key)
    def made(*args: object, **kwargs: object) -> str:  # kwargs-ok: handed on
        key: Final = make_key(*args, **kwargs)
        fields: Final = _callers_fields(kwargs)
        if not fields:
            return key
        written: Final = json.dumps(fields, sort_keys=True, default=str)
        return f"{key}:{hashlib.sha256(written.encode()).hexdigest()}"

    return made


def _callers_fields(call: Mapping[str, object]) -> Mapping[str, object]:
    from litellm.llms.anthropic.callers_fields import unknown_fields
    from litellm.llms.anthropic.oauth import OAuthToken, has_token

    with_token: Final = isinstance(call.get("api_key"), OAuthToken) or any(
        any_headers(call.get(name), has_token) for name in HEADER_ARGUMENTS
    )
    return unknown_fields(call) if with_token else {}
