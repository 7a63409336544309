"""A call whose model is swapped behind its scoping (a prompt's hook names another) takes no OAuth token along to another provider.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider where it builds the request.
"""

from litellm.litellm_core_utils.oauth_scope import keeps_token_at_anthropic


@keeps_token_at_anthropic
def get_llm_provider(model, custom_llm_provider=None, api_base=None, api_key=None, litellm_params=None): ...
