"""An advisor is asked with the token of the client whose request names it, where that may go to the advisor's model.

Upstream asks it without anything of the client's request, and so with the operator's key.

Intent: forwarding
Upstream: none yet
Remove when: upstream hands a request's headers on to the calls that it makes for it.
"""

from litellm.litellm_core_utils.oauth_scope import clients_token
from litellm.llms.anthropic.oauth import BETA_HEADER, OAUTH_PROVIDERS, OAuthToken


def _resolve_advisor_credentials(advisor_tool):
    token = clients_token(advisor_tool.get("api_key"))
    if token is not None:
        api_key, api_base = _resolve_advisor_credentials({**advisor_tool, "api_key": token.displaced})
        return OAuthToken(token, betas=token.betas, displaced=api_key), api_base
    ...


async def _call_messages_handler(model, messages, tools, stream, max_tokens, custom_llm_provider, **kwargs):
    token = clients_token(kwargs.get("api_key"))
    if token is not None and custom_llm_provider is None and not (token.displaced or kwargs.get("api_base")):
        router = _resolve_advisor_router(model)
        if router is not None:
            # Not as `api_key`: a Router gives that to a deployment of any provider in place of its own.
            headers = {"authorization": token, **({BETA_HEADER: token.betas} if token.betas else {})}
            carried = {"custom_llm_provider": ",".join(sorted(OAUTH_PROVIDERS)), "extra_headers": headers}
            others = {name: value for name, value in kwargs.items() if name not in ("api_key", "api_base")}
            asked = {"model": model, "messages": messages, "tools": tools, "stream": stream, "max_tokens": max_tokens}
            return await router.aanthropic_messages(**asked, provider_specific_header=carried, **others)
    ...
