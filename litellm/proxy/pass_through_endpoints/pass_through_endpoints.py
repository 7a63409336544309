"""Every pass-through, Anthropic's and others': a client's token goes to no target that may not have it, nor to a callback.

`x-pass-` headers, which overwrite what is there, neither replace the betas beside a token nor take the LiteLLM key along.

Intent: scope
Upstream: BerriAI/litellm#42172, BerriAI/litellm#37905
Remove when: upstream scopes what its pass-through endpoints forward.
"""

from litellm.proxy.client_token_pass_through import forwarded_headers, keeps_client_tokens_home, redacts_request_headers


class HttpPassThroughEndpointHelpers:
    forward_headers_from_request = staticmethod(forwarded_headers)

    @staticmethod
    @redacts_request_headers
    def init_kwargs_for_pass_through_endpoint(
        request, user_api_key_dict, passthrough_logging_payload, logging_obj, _parsed_body=None, litellm_call_id=None
    ): ...


@keeps_client_tokens_home
async def pass_through_request(request, target, custom_headers, user_api_key_dict, **kwargs): ...
