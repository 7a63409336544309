"""The `/anthropic/*` pass-through: the client's own token wins over the proxy's credential, where it may go.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream's pass-through prefers a client's token and scopes it by origin.
"""

from litellm.proxy.client_token_pass_through import prefers_client_token


@prefers_client_token
def _upstream_headers_for_anthropic_route(request, user_api_key_dict, proxy_auth_header): ...
