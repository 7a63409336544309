"""Every pass-through, Anthropic's and others': a client's token goes to no target that may not have it, nor to a callback.

`x-pass-` headers, which overwrite what is there, neither replace the betas beside a token nor take the LiteLLM key along.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream scopes what its pass-through endpoints forward.
"""

from litellm.proxy.pass_through_endpoints.client_credentials import (
    answers_as_it_was_answered,
    credentials_for,
    forwarded_headers,
    query_of,
    redacts_request_headers,
)


class HttpPassThroughEndpointHelpers:
    forward_headers_from_request = staticmethod(forwarded_headers)

    @staticmethod
    @redacts_request_headers
    def init_kwargs_for_pass_through_endpoint(
        request, user_api_key_dict, passthrough_logging_payload, logging_obj, _parsed_body=None, litellm_call_id=None
    ): ...


@answers_as_it_was_answered
async def pass_through_request(
    request, target, custom_headers, user_api_key_dict, forward_headers=False, query_params=None
):
    custom_headers = await credentials_for(  # rebind-ok: what upstream goes on with
        request, target, custom_headers, user_api_key_dict, forward_headers
    )
    query_params = query_of(request, query_params, user_api_key_dict)  # rebind-ok: as above
    ...
