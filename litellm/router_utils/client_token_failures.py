"""A 401, 403 or 429 that a client's own token earned is that client's: no cooldown, no failure count, no retry on another's account.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping

from litellm.litellm_core_utils.client_token import is_clients_own_failure, says_nothing_of_deployment, without_tokens


def or_no_sign_of_health(is_no_deployments_failure: Callable[[BaseException | None], bool]) -> Callable[[BaseException | None], bool]:
    """Make a check for failures that are no deployment's also hold for a caller's own token's, or a missing credential's."""

    @functools.wraps(is_no_deployments_failure)
    def checked(exception: BaseException | None) -> bool:
        return says_nothing_of_deployment(exception) or is_no_deployments_failure(exception)

    return checked


def raises_clients_own_failures(should_retry: Callable[..., object]) -> Callable[..., object]:
    """Make the decision to retry raise, which means no, for a failure that the caller's own token earned."""

    @functools.wraps(should_retry)
    def decided(router: object, error: Exception, *args: object, **kwargs: object) -> object:
        if is_clients_own_failure(error):
            raise error
        return should_retry(router, error, *args, **kwargs)

    return decided


def drops_failed_tokens(fall_back: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make a fallback go out without the token whose failure it follows."""

    @functools.wraps(fall_back)
    async def falling_back(*args: object, original_exception: Exception, **kwargs: object) -> object:
        failed = is_clients_own_failure(original_exception)
        return await fall_back(*args, original_exception=original_exception, **(without_tokens(kwargs) if failed else kwargs))

    return falling_back


def skips_failures_of_no_deployment(count: Callable[..., object]) -> Callable[..., object]:
    """Make a callback that counts a call's failure against its deployment leave out those that say nothing of the deployment's health."""

    @functools.wraps(count)
    def counted(owner: object, call: Mapping[str, object], *args: object, **kwargs: object) -> object:
        return False if says_nothing_of_deployment(call.get("exception")) else count(owner, call, *args, **kwargs)

    return counted
