"""Upstream's own counting takes no client's token along: it would send it to any `api_base`, and in the place of none other.

Where a client's token may go it has been asked with already, in `proxy/anthropic_endpoints/client_token_count.py`.

Intent: scope
Upstream: BerriAI/litellm#42172
Remove when: upstream scopes the token it counts with by origin.
"""


class AnthropicTokenCounter:
    def __init__(self, client_oauth_token: str | None = None) -> None:
        self.client_oauth_token = None
