"""An advisor is asked with the token of the client whose request names it, where that may go to the advisor's model.

These releases ask a model by its name alone, no Router. Most make the call with the `api_key` of the advisor's tool; those with a switch
for credentials of clients drop that one. So a token is handed on beside it, in the metadata of the call, as a mask to whoever reads them.

Intent: forwarding
Upstream: none yet
Remove when: upstream hands a request's headers on to the calls that it makes for it.
"""

from litellm.litellm_core_utils.oauth_scope import clients_token
from litellm.llms.anthropic.oauth import OAuthToken

_TOKEN = "token_for_advisor"


class AdvisorOrchestrationHandler:
    async def handle(self, tools, **kwargs):
        tokens = [token for tool in tools or [] if (token := clients_token(tool.get("api_key"))) is not None]
        if tokens:
            tools = [{**tool, "api_key": tokens[0].displaced} if "api_key" in tool else tool for tool in tools or []]
            kwargs["metadata"] = {**(kwargs.get("metadata") or {}), _TOKEN: tokens[0]}
        ...


async def _call_messages_handler(**kwargs):
    metadata = dict(kwargs.get("metadata") or {})
    token = metadata.pop(_TOKEN, None)
    if token is not None:
        kwargs["metadata"] = metadata
        if metadata.get("advisor_sub_call"):
            kwargs["api_key"] = OAuthToken(token, betas=token.betas, displaced=kwargs.get("api_key"))
    ...
