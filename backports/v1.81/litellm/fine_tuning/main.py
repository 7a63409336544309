"""Listing fine-tuning jobs is not among the calls that `client` makes, so the caller's token is scoped here.

Upstream: BerriAI/litellm#19618
Remove when: upstream decorates these with `client`, or scopes a caller's token before it builds a request.
"""

from litellm.litellm_core_utils.client_token import scope_client_token


@scope_client_token
async def alist_fine_tuning_jobs(*args, **kwargs): ...


@scope_client_token
def list_fine_tuning_jobs(*args, **kwargs): ...
