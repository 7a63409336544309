"""What the Router's Rust core is told of a failure that its caller's own token earned.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final

from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure

_GROUP: Final = "group_it_was_refused_in"


def tries_none_again(
    describe: Callable[[BaseException], Mapping[str, object]],
) -> Callable[[BaseException], Mapping[str, object]]:
    """Make the description of a failure keep the core from trying again what a caller's own token earned; fallbacks stay.

    The core tries no failure of an agentic follow-up again, whatever a call or a policy says of retries. The mark that upstream puts on
    such a failure would change what is billed: here only the core is told.
    """

    @functools.wraps(describe)
    def described(error: BaseException) -> Mapping[str, object]:
        return {**describe(error), "agentic_followup": True} if is_clients_own_failure(error) else describe(error)

    return described


def refused_in(group: object, error: BaseException) -> None:
    """Remember with an error the group of deployments in which a caller's token earned it: the first one."""
    if not hasattr(error, _GROUP):
        setattr(error, _GROUP, group)


def refusal_in(group: object, errors: Mapping[int, BaseException]) -> BaseException | None:
    """What a caller's token was refused with in a group, among the errors of a call's levels of fallback."""
    return next(
        (error for error in errors.values() if hasattr(error, _GROUP) and getattr(error, _GROUP) == group), None
    )
