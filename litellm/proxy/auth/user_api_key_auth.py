"""Where the LiteLLM key is looked for: an OAuth token is passed over, and refused with 401 where there is nothing else.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream accepts the key in any of its headers beside a token in Authorization, and answers a lone token with 401.
"""

from litellm.proxy.client_tokens import leaves_tokens_out, refuses_tokens


@leaves_tokens_out
def get_api_key(
    custom_litellm_key_header,
    api_key,
    azure_api_key_header,
    anthropic_api_key_header,
    google_ai_studio_api_key_header,
    azure_apim_header,
    pass_through_endpoints,
    route,
    request,
): ...


@refuses_tokens
def get_api_key_from_custom_header(request, custom_litellm_key_header_name): ...
