"""Where a request's headers enter the proxy: a client's token is kept to be carried to the call, the LiteLLM key is not.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream keeps a token under any casing of its scheme, whichever header held the LiteLLM key.
"""

from litellm.proxy.client_tokens import carries_client_token


@carries_client_token
def clean_headers(headers, litellm_key_header_name=None, forward_llm_provider_auth_headers=False, authenticated_with_header=None): ...
