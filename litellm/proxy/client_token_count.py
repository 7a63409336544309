"""Counting tokens with a client's own OAuth token.

Upstream's way to Anthropic's count has no request in it: it asks with the deployment's key, drops the client's betas, and answers a
refusal with an estimate of its own.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream hands the request's headers to its token counters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx
from fastapi import Request, Response
from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body

import litellm
from litellm.litellm_core_utils.client_token import has_configured_key, refuse_origin, scope_for
from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN, merge_betas, set_anthropic_headers
from litellm.llms.custom_httpx.http_handler import get_async_httpx_client
from litellm.proxy.client_tokens import errors_for_the_client

_VERSION: Final = "2023-06-01"


async def count_with_clients_token(request: Request) -> object:
    """Anthropic's count, or its refusal as it is; None where the token may not go to the model's deployment, or there is none."""
    from litellm.proxy.proxy_server import llm_router

    asked = await _read_request_body(request=request)
    model = asked.get("model")
    if llm_router is None or not isinstance(model, str) or not asked.get("messages"):
        return None
    try:
        deployment = await llm_router.async_get_available_deployment(model=model, request_kwargs={})
    except Exception:  # upstream's own endpoint asks again, and says what is wrong
        return None
    litellm_params = dict(deployment["litellm_params"])
    litellm.utils.load_credentials_from_list(litellm_params)
    api_base = litellm_params.get("api_base")
    name, provider, _, _ = litellm.get_llm_provider(
        model=litellm_params["model"], custom_llm_provider=litellm_params.get("custom_llm_provider"), api_base=api_base
    )
    with errors_for_the_client():
        scoped = scope_for(dict(request.headers), provider, (api_base,))
        if scoped.refused_origin is not None:
            refuse_origin(scoped.refused_origin, str(deployment["model_info"].get("id")), has_configured_key(litellm_params))
    return None if scoped.token is None else await _count(asked, name, api_base, scoped.headers, scoped.token)


async def _count(asked: Mapping[str, object], model: str, api_base: str | None, headers: Mapping[str, object], token: str) -> object:
    betas = merge_betas(headers.get("anthropic-beta"), ANTHROPIC_TOKEN_COUNTING_BETA_VERSION)
    try:
        answer = await get_async_httpx_client(llm_provider=litellm.LlmProviders.ANTHROPIC).post(
            f"{_origin_and_path(api_base)}/v1/messages/count_tokens",
            headers=set_anthropic_headers(
                {"Content-Type": "application/json", "anthropic-version": _VERSION, "anthropic-beta": betas}, token
            ),
            json={**asked, "model": model},
        )
    except httpx.HTTPStatusError as error:
        answer = error.response
    if answer.status_code == 200:
        return {**answer.json(), "litellm_count_source": "provider"}
    retry_after = answer.headers.get("retry-after")
    return Response(
        await answer.aread(),
        status_code=answer.status_code,
        media_type=answer.headers.get("content-type"),
        headers={"retry-after": retry_after} if retry_after else None,
    )


def _origin_and_path(api_base: str | None) -> str:
    """The base that a deployment's `api_base` stands for, which may name the messages endpoint itself."""
    base = AnthropicModelInfo.get_api_base(api_base) or ANTHROPIC_ORIGIN
    return base.rstrip("/").removesuffix("/messages").removesuffix("/v1").rstrip("/")
