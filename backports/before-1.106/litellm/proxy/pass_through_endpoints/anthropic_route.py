"""What only releases need whose pass-through to Anthropic forwards all it gets: the client's headers, with one credential.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: no supported release is older than upstream's `_upstream_headers_for_anthropic_route`.
"""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import Request

from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import betas_in, has_token, merge_betas, set_anthropic_headers, without_oauth
from litellm.proxy._types import ProxyErrorTypes, ProxyException
from litellm.proxy.auth.litellm_key import custom_key_header, without_litellm_key
from litellm.proxy.pass_through_endpoints.client_credentials import clients_credential
from litellm.proxy.pass_through_endpoints.pass_through_endpoints import HttpPassThroughEndpointHelpers


def target_at(request: Request, base: httpx.URL, endpoint: str) -> httpx.URL:
    """Where a pass-through leads. Before 1.83.14 the base's path is lost, and is so still for a request without a client's token."""
    path = "/" + httpx.URL(endpoint).path.lstrip("/")
    join = getattr(HttpPassThroughEndpointHelpers, "join_base_and_endpoint_path", None)
    if join is not None:
        return base.copy_with(path=join(base, path))
    return base.copy_with(path=base.path.rstrip("/") + path if has_token(request.headers) else path)


def headers_for_anthropic(request: Request, base: str, key: str | None) -> dict[str, Any]:
    """The headers of a pass-through to Anthropic's base. Raises ProxyException where there is no credential to send."""
    credential = clients_credential(request, base, _own_credential(key))
    client = without_oauth(
        without_litellm_key(request.headers, custom_key_header()), keep_oauth_beta=not has_token(request.headers)
    )
    client = {name: value for name, value in client.items() if name not in ("host", "content-length")}
    if credential is None and not {"authorization", "x-api-key"} & client.keys():
        message = "No credential for Anthropic: set ANTHROPIC_API_KEY in the proxy, or send an OAuth token in `Authorization`."
        raise ProxyException(message=message, type=ProxyErrorTypes.auth_error, param=None, code=401)
    betas = merge_betas(betas_in(client), betas_in(credential or {}))
    if "authorization" in (credential or {}):
        client = {name: value for name, value in client.items() if name not in ("authorization", "x-api-key")}
    return {**client, **(credential or {}), **({"anthropic-beta": betas} if betas else {})}


def _own_credential(key: str | None) -> dict[str, Any] | None:
    """What the proxy authenticates with. Since 1.82.5 a bearer in ANTHROPIC_AUTH_TOKEN counts, whatever it is."""
    own = AnthropicModelInfo.get_api_key(key)
    if own is not None:
        return set_anthropic_headers({}, own)
    of_release: Any = getattr(AnthropicModelInfo, "get_auth_header", lambda: None)
    return of_release()  # type: ignore[no-any-return]
