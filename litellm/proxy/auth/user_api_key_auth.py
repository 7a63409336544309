"""Where the LiteLLM key is looked for: an OAuth token is passed over, and refused with 401 where there is nothing else.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream accepts the key in any of its headers beside a token in Authorization, and answers a lone token with 401.
"""

from typing import Final

from litellm.llms.anthropic.oauth import has_token, holds_token
from litellm.proxy.auth.litellm_key import TokenAsKeyError, refuse_lone_token, refuse_near_miss, remembers_litellm_key


def get_api_key(
    custom_litellm_key_header,
    api_key,
    azure_api_key_header,
    anthropic_api_key_header,
    google_ai_studio_api_key_header,
    azure_apim_header,
    route,
    request,
):
    given: Final = (
        custom_litellm_key_header,
        azure_api_key_header,
        anthropic_api_key_header,
        google_ai_studio_api_key_header,
        azure_apim_header,
    )
    keys: Final = [each if isinstance(each, str) and not holds_token(each) else None for each in given]
    if any(holds_token(each) for each in (api_key, *given)):
        if not any((*keys, api_key and not holds_token(api_key))):
            refuse_lone_token(route)
        else:
            (
                custom_litellm_key_header,  # rebind-ok: what upstream goes on with
                azure_api_key_header,  # rebind-ok: as above
                anthropic_api_key_header,  # rebind-ok: as above
                google_ai_studio_api_key_header,  # rebind-ok: as above
                azure_apim_header,  # rebind-ok: as above
            ) = keys
            api_key = "" if holds_token(api_key) else api_key  # rebind-ok: as above
    refuse_near_miss(request.headers)
    ...


def get_api_key_from_custom_header(request, custom_litellm_key_header_name):
    given: Final = request.headers.get(custom_litellm_key_header_name)
    if holds_token(given) or (not given and has_token(request.headers)):
        raise TokenAsKeyError(custom_litellm_key_header_name)
    ...


@remembers_litellm_key
async def user_api_key_auth(): ...
