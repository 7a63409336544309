"""Counting tokens with a client's own OAuth token.

Upstream's way to Anthropic's count has no request in it: it asks with the deployment's key, drops the client's betas, and answers a
refusal with an estimate of its own.

Upstream: BerriAI/litellm#19618
Remove when: upstream hands the request's headers to its token counters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import litellm
from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from litellm.litellm_core_utils.client_token import has_configured_key, refuse_origin, scope_for
from litellm.llms.anthropic.common_utils import AnthropicError
from litellm.llms.anthropic.count_tokens.handler import AnthropicCountTokensHandler
from litellm.llms.anthropic.oauth import set_anthropic_headers
from litellm.proxy._types import ProxyErrorTypes, ProxyException
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body


async def count_with_clients_token(request: Request) -> object:
    """Anthropic's own answer to the request's count; None where the token may not go to the model's deployment, or there is none."""
    from litellm.proxy.proxy_server import llm_router

    asked = await _read_request_body(request=request)
    model = asked.get("model")
    if llm_router is None or not isinstance(model, str) or not asked.get("messages"):
        return None
    try:
        deployment = await llm_router.async_get_available_deployment(model=model, request_kwargs={})
    except Exception:  # noqa: BLE001  # upstream's own endpoint asks again, and says what is wrong
        return None
    litellm_params = dict(deployment["litellm_params"])
    litellm.utils.load_credentials_from_list(litellm_params)
    api_base = litellm_params.get("api_base")
    name, provider, _, _ = litellm.get_llm_provider(
        model=litellm_params["model"], custom_llm_provider=litellm_params.get("custom_llm_provider"), api_base=api_base
    )
    try:
        scoped = scope_for(dict(request.headers), provider, (api_base,))
        if scoped.refused_origin is not None:
            refuse_origin(scoped.refused_origin, str(deployment["model_info"].get("id")), has_configured_key(litellm_params))
    except litellm.AuthenticationError as error:
        raise ProxyException(message=error.message, type=ProxyErrorTypes.auth_error, param=None, code=401) from None
    return None if scoped.token is None else await _count(asked, name, api_base, scoped.headers, scoped.token)


async def _count(asked: Mapping[str, object], model: str, api_base: str | None, headers: Mapping[str, object], token: str) -> object:
    betas = {"anthropic-beta": headers["anthropic-beta"]} if "anthropic-beta" in headers else {}
    try:
        return await AnthropicCountTokensHandler().handle_count_tokens_request(
            model=model,
            messages=asked["messages"],
            auth_header=set_anthropic_headers(betas, token),
            api_base=api_base,
            tools=asked.get("tools"),
            system=asked.get("system"),
            optional_params=asked,
        )
    except AnthropicError as error:
        return _anthropics_answer(error)


def _anthropics_answer(error: AnthropicError) -> JSONResponse:
    """The error with the status, body and `retry-after` that Anthropic gave it."""
    try:
        body = json.loads(error.message)
    except ValueError:
        raise HTTPException(status_code=error.status_code, detail=error.message) from error
    response = getattr(error.__context__, "response", None)
    retry_after = response.headers.get("retry-after") if response is not None else None
    return JSONResponse(body, status_code=error.status_code, headers={"retry-after": retry_after} if retry_after else None)
