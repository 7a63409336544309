"""After a failure that a client's own token earned, a fallback goes out without the token, and none to the group it was refused in.

Upstream falls back to a group's other deployments (weights, `order`) as it does to other groups: the call would go out again, with another
credential.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.110.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable

from litellm.litellm_core_utils.oauth_arguments import without_tokens
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure


async def run_async_fallback(*, fallback_model_group, original_exception, **kwargs):
    if is_clients_own_failure(original_exception):
        kwargs = without_tokens(kwargs)
        within = {"_target_order", "_excluded_deployment_ids"}
        fallback_model_group = [
            each for each in fallback_model_group if not (isinstance(each, dict) and within & each.keys())
        ]
    kwargs["original_function"] = _with_token_until_refused(kwargs["original_function"])
    ...


def _with_token_until_refused(attempt: Callable[..., object]) -> Callable[..., Awaitable[object]]:
    """Make the attempts of a walk through fallbacks leave the client's token out once one of them was refused it."""
    refused: list[Exception] = []

    @functools.wraps(attempt)
    async def attempted(*args: object, **kwargs: object) -> object:
        try:
            answer = attempt(*args, **(without_tokens(kwargs) if refused else kwargs))
            return await answer if inspect.isawaitable(answer) else answer
        except Exception as error:
            if is_clients_own_failure(error):
                refused.append(error)
            raise

    return attempted
