"""Every public call of LiteLLM is made by the decorator `client`: here a caller's OAuth token leaves the headers it came in.

Upstream passes `extra_headers` with a token on to whichever provider a call, a fallback or a retry ends up at, and logs them on the way.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider and by origin before it builds a request.
"""

from litellm.litellm_core_utils.oauth_scope import scopes_client_tokens


@scopes_client_tokens
def client(original_function): ...
