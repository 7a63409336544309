"""Where the proxy runs the operator's hooks: what they change is changed of the client's own request, and of Anthropic's answer to it.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token, with what hooks change of it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, ParamSpec, TypeVar  # noqa: TID251  # no type lets a class's methods be replaced

from litellm.litellm_core_utils.oauth_hooks import takes_over_answer, takes_over_changes
from litellm.llms.anthropic.clients_request import clients_request
from litellm.proxy.transparency import without_keys

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final
C = TypeVar("C", bound=type)  # rebind-ok: mypy takes no TypeVar that is Final


def hooks_change_clients_request(logging: C) -> C:
    """Make the class that runs the operator's hooks take over what they change. (One of its methods is overloaded: none is claimed.)"""
    hooks: Final[Any] = logging
    hooks.pre_call_hook = _knows_who_asks(takes_over_changes(hooks.pre_call_hook))
    hooks.post_call_success_hook = takes_over_answer(hooks.post_call_success_hook)
    return logging


def _knows_who_asks(run: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Take whatever carries the LiteLLM key off the client's own request, now that it is known whose request it is."""
    signature: Final = inspect.signature(run)

    @functools.wraps(run)
    async def hooked(*args: P.args, **kwargs: P.kwargs) -> R:  # kwargs-ok: handed on
        if (asked := clients_request()) is not None:
            asked.headers = without_keys(asked.headers, signature.bind(*args, **kwargs).arguments["user_api_key_dict"])
        return await run(*args, **kwargs)

    return hooked
