"""Cancelling a batch, which `client` does not make, scopes its caller's token.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream decorates cancelling with `client`.
"""

from litellm.litellm_core_utils.oauth_failures import marks_failure
from litellm.litellm_core_utils.oauth_scope import scopes_client_token


@scopes_client_token
@marks_failure
def cancel_batch(*args, **kwargs): ...
