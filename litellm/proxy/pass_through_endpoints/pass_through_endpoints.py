"""Every pass-through, Anthropic's and others': a client's token goes to no target that may not have it, and `x-pass-` headers, which overwrite what
is there, neither replace the betas beside a token nor take the LiteLLM key along.

Upstream: BerriAI/litellm#19618
Remove when: upstream scopes what its pass-through endpoints forward.
"""

from litellm.proxy.client_tokens import forwarded_headers, keeps_client_tokens_home


class HttpPassThroughEndpointHelpers:
    forward_headers_from_request = staticmethod(forwarded_headers)


@keeps_client_tokens_home
async def pass_through_request(request, target, custom_headers, user_api_key_dict, **kwargs): ...
