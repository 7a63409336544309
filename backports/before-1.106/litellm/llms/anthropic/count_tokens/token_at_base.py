"""What only releases need that count at Anthropic whatever base a deployment has: a token that knows the base it is configured with.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: no supported release is older than upstream's `get_anthropic_count_tokens_endpoint(api_base)`.
"""

from __future__ import annotations

from litellm.llms.anthropic.common_utils import AnthropicModelInfo, is_anthropic_oauth_key
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN, OAuthToken


class TokenAtBase(OAuthToken):
    """An OAuth token on its way to a count, and where it is to be counted."""

    __slots__ = ("endpoint",)
    endpoint: str


def key_at_base(api_key: str | None, api_base: str | None) -> str | None:
    """The key that a deployment counts with; an OAuth token knows the endpoint. A base may name the messages endpoint itself."""
    key = AnthropicModelInfo.get_api_key(api_key)
    if not is_anthropic_oauth_key(key):
        return key
    client = key if isinstance(key, OAuthToken) else OAuthToken(key, configured=True)
    token = TokenAtBase(client, betas=client.betas, displaced=client.displaced, configured=client.configured)
    base = (
        (AnthropicModelInfo.get_api_base(api_base) or ANTHROPIC_ORIGIN)
        .rstrip("/")
        .removesuffix("/messages")
        .removesuffix("/v1")
    )
    token.endpoint = f"{base.rstrip('/')}/v1/messages/count_tokens"
    return token
