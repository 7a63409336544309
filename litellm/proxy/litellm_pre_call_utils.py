"""Where a request enters the proxy: a client's token is kept, sealed, to be carried to the call; the LiteLLM key is not.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream keeps a token under any casing of its scheme and uses none from a body for others.
"""

from litellm.proxy.client_headers import carries_client_token, seal_client_credentials


@carries_client_token
def clean_headers(
    headers, litellm_key_header_name=None, forward_llm_provider_auth_headers=False, authenticated_with_header=None
): ...


async def add_litellm_data_to_request(data):
    seal_client_credentials(data)
    ...
