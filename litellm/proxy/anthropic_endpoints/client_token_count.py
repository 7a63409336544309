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

import litellm
from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION
from litellm.litellm_core_utils.oauth_scope import scoped_for
from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN, OAuthToken, has_token, set_anthropic_headers
from litellm.llms.custom_httpx.http_handler import get_async_httpx_client
from litellm.proxy.auth.litellm_key import errors_for_the_client
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body

_VERSION: Final = "2023-06-01"


async def count_with_clients_token(request: Request) -> object:
    """Anthropic's count, or its refusal as it is; None where the token may not go to the model's deployment, or there is none."""
    from litellm.proxy.proxy_server import llm_router

    if llm_router is None or not has_token(request.headers):
        return None
    asked = await _read_request_body(request=request)
    model = asked.get("model")
    if not isinstance(model, str) or not asked.get("messages"):
        return None
    try:
        deployment = await llm_router.async_get_available_deployment(model=model, request_kwargs={})
        litellm_params = litellm.utils.with_named_credential(dict(deployment["litellm_params"]))
        api_base = litellm_params.get("api_base")
        name, provider, _, _ = litellm.get_llm_provider(litellm_params["model"], litellm_params.get("custom_llm_provider"), api_base)
    except Exception:  # upstream's own endpoint asks again, and says what is wrong
        return None
    own = litellm_params.get("api_key") or litellm_params.get("anthropic_federation_rule_id")
    with errors_for_the_client():
        scoped = scoped_for(request.headers, provider, (api_base,), own_key=own, deployment=str(deployment["model_info"].get("id")))
    return None if scoped.token is None else await _count({**asked, "model": name}, api_base, scoped.token)


async def _count(asked: Mapping[str, object], api_base: str | None, token: OAuthToken) -> object:
    headers = {
        "Content-Type": "application/json",
        "anthropic-version": _VERSION,
        "anthropic-beta": ANTHROPIC_TOKEN_COUNTING_BETA_VERSION,
    }
    # A deployment's base may name the messages endpoint itself.
    base = (AnthropicModelInfo.get_api_base(api_base) or ANTHROPIC_ORIGIN).rstrip("/").removesuffix("/messages").removesuffix("/v1")
    url = f"{base.rstrip('/')}/v1/messages/count_tokens"
    client = get_async_httpx_client(llm_provider=litellm.LlmProviders.ANTHROPIC)
    try:
        answer = await client.post(url, headers=set_anthropic_headers(headers, token), json=dict(asked))
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
