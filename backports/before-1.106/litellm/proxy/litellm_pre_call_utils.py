"""Where a request enters the proxy: a client's token is kept, sealed, to be carried to the call; the LiteLLM key is not.

This release scopes no credential header, and keeps copies of all headers for its hooks.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.proxy.client_headers import carries_client_token, seal_client_credentials
from litellm.proxy.client_token_header import adds_client_token


@carries_client_token
def clean_headers(headers, litellm_key_header_name=None): ...


@adds_client_token
def add_provider_specific_headers_to_request(data, headers): ...


async def add_litellm_data_to_request(data):
    seal_client_credentials(data)
    ...
