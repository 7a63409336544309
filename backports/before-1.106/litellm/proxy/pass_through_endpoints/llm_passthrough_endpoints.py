"""The `/anthropic/*` pass-through of this release sends the proxy's key, the client's credential and the LiteLLM key, all at once.

Here one credential goes out: the client's own token, where it may go, and the proxy's key elsewhere.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from typing import Any

import httpx
from fastapi import Depends, Request, Response

from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN
from litellm.proxy._types import UserAPIKeyAuth
from litellm.proxy.auth.user_api_key_auth import user_api_key_auth
from litellm.proxy.pass_through_endpoints.anthropic_route import headers_for_anthropic, target_at
from litellm.proxy.pass_through_endpoints.pass_through_endpoints import create_pass_through_route


@router.api_route(
    "/anthropic/{endpoint:path}",
    methods=["GET", "POST", "PUT", "DELETE", "PATCH"],
    tags=["Anthropic Pass-through", "pass-through"],
)
async def anthropic_proxy_route(
    endpoint: str,
    request: Request,
    fastapi_response: Response,
    user_api_key_dict: UserAPIKeyAuth = Depends(user_api_key_auth),
) -> Any:
    """[Docs](https://docs.litellm.ai/docs/pass_through/anthropic_completion)"""
    base = httpx.URL(AnthropicModelInfo.get_api_base() or ANTHROPIC_ORIGIN)
    key = passthrough_endpoint_router.get_credentials(custom_llm_provider="anthropic", region_name=None)
    send = create_pass_through_route(
        endpoint=endpoint,
        target=str(target_at(request, base, endpoint)),
        custom_headers=headers_for_anthropic(request, str(base), key),
        is_streaming_request=await is_streaming_request_fn(request),
    )
    return await send(request, fastapi_response, user_api_key_dict)
