"""What `/v1/messages` tells a client of when to ask again."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request

import litellm
from litellm.litellm_core_utils.oauth_failures import as_clients_own
from litellm.proxy._types import ProxyException
from litellm.proxy.anthropic_endpoints import endpoints

pytestmark = pytest.mark.skipif(
    not hasattr(endpoints, "_anthropic_error_json_response"), reason="this release writes such errors elsewhere"
)


@pytest.mark.parametrize("is_clients", [True, False])
def test_a_client_is_told_when_its_own_limit_ends(is_clients: bool) -> None:
    """Anthropic's `retry-after` is passed on where the client's own token earned it; a deployment's limit is the operator's to know."""
    answered = httpx.Response(
        429, headers={"retry-after": "7"}, request=httpx.Request("POST", "https://api.anthropic.com")
    )
    limit = litellm.RateLimitError("no", "anthropic", "claude", response=answered)
    told = ProxyException("no", "rate_limit_error", None, 429)
    told.__cause__ = as_clients_own(limit) if is_clients else limit
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "headers": [], "query_string": b""}
    response = endpoints._anthropic_error_json_response(told, Request(scope))
    assert (response.status_code, response.headers.get("retry-after")) == (429, "7" if is_clients else None)
