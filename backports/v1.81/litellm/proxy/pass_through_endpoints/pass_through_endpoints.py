"""Every pass-through, Anthropic's and others': a client's token goes to no target that may not have it, nor to a callback.

`x-pass-` headers, which overwrite what is there, neither replace the betas beside a token nor take the LiteLLM key along.

Intent: scope
Upstream: BerriAI/litellm#42172, BerriAI/litellm#37905
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.proxy.client_token_pass_through import (
    forwarded_headers,
    keeps_client_tokens_home,
    redacts_request_headers,
    sends_no_body_for_none,
)


class HttpPassThroughEndpointHelpers:
    forward_headers_from_request = staticmethod(forwarded_headers)

    @staticmethod
    @redacts_request_headers
    def _init_kwargs_for_pass_through_endpoint(
        request, user_api_key_dict, passthrough_logging_payload, logging_obj, _parsed_body=None, litellm_call_id=None
    ): ...

    @staticmethod
    @sends_no_body_for_none
    async def non_streaming_http_request_handler(request, async_client, url, headers, requested_query_params=None, _parsed_body=None): ...


@keeps_client_tokens_home
async def pass_through_request(request, target, custom_headers, user_api_key_dict, **kwargs): ...
