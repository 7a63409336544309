"""Where a request's headers enter the proxy: a client's token is kept to be carried to the call, the LiteLLM key is not.

This release scopes no credential header, and keeps copies of all headers for its hooks.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.proxy.client_tokens import adds_client_token, carries_client_token, masks_request_headers


@carries_client_token
def clean_headers(headers, litellm_key_header_name=None): ...


@adds_client_token
def add_provider_specific_headers_to_request(data, headers): ...


@masks_request_headers
async def add_litellm_data_to_request(data, request, user_api_key_dict, proxy_config, general_settings=None, version=None): ...
