"""What LiteLLM asks Anthropic once more for a call (web search interception) is asked with the caller's own token, where the call went.

Intent: scope
Upstream: none yet
Remove when: the fork no longer builds releases before 1.103, which follow a call up with a credential of the environment's.
"""

from litellm.litellm_core_utils.oauth_scope import clients_token


class BaseLLMHTTPHandler:
    async def async_anthropic_messages_handler(self, api_key=None, api_base=None, kwargs=None):
        if clients_token(api_key) is not None:
            kwargs = {**(kwargs or {}), "api_key": api_key, **({"api_base": api_base} if api_base else {})}
        ...
