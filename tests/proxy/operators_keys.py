"""An operator's own authentication for a proxy, in place of a database: what each key may is read from a file beside this module."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import Request

from litellm.proxy._types import LiteLLM_UserTable, ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.auth_checks import can_key_call_model
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body

KEYS = Path(__file__).with_name("keys.json")


async def authenticate(request: Request, api_key: str) -> UserAPIKeyAuth:
    """Whose a key is, with its limits; LiteLLM's own check says whether it may call the model, which not every release makes by itself.

    Raises ProxyException, with status 401 for what is no key of this operator's.
    """
    from litellm.proxy.proxy_server import llm_model_list, llm_router, user_api_key_cache

    known = json.loads(KEYS.read_text())
    if api_key not in known:
        raise ProxyException(message="not a key of this proxy", type="auth_error", param=None, code=401)
    key = UserAPIKeyAuth(api_key=api_key, **known[api_key]["key"])
    if known[api_key]["user"]:
        user = LiteLLM_UserTable(user_id=key.user_id, **known[api_key]["user"])
        # Where LiteLLM looks for a user before it asks a database: as one release or another writes it.
        for name in (user.user_id, f"{user.user_id}_user_api_key_user_id"):
            await user_api_key_cache.async_set_cache(key=name, value=user.model_dump())
    body = await _read_request_body(request)
    await can_key_call_model(model=body["model"], llm_model_list=llm_model_list, valid_token=key, llm_router=llm_router)
    return key
