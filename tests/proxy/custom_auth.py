"""An operator's own authentication for a proxy, in place of a database: keys that start like LiteLLM's belong to a user and a team."""

from __future__ import annotations

from fastapi import Request

from litellm.proxy._types import ProxyException, UserAPIKeyAuth


async def authenticate(request: Request, api_key: str) -> UserAPIKeyAuth:
    """Who a key belongs to. Raises ProxyException with status 401 for what is no key of this operator's."""
    if not api_key.startswith("sk-virtual-"):
        raise ProxyException(message="not a key of this proxy", type="auth_error", param=None, code=401)
    return UserAPIKeyAuth(api_key=api_key, key_alias="a key", user_id="a user", team_id="a team", models=[], team_models=[])
