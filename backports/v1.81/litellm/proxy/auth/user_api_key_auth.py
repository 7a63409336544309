"""Where the LiteLLM key is looked for: an OAuth token is passed over, and refused with 401 where there is nothing else.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
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
