"""What an operator's hooks and guardrails change of a client's own request and of the answer: that, and nothing else, is changed.

LiteLLM imports this before anything of `llms/` can be imported, so what is of Anthropic is imported where it is called.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token, with what hooks change of it.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def takes_over_changes(run: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Make what runs hooks over a request's `data`, or a call's arguments, take over what they change into the client's own request."""
    signature = inspect.signature(run)

    @functools.wraps(run)
    async def hooked(*args: P.args, **kwargs: P.kwargs) -> R:
        from litellm.llms.anthropic.clients_request import clients_request

        asked = clients_request()
        if asked is None:
            return await run(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments
        is_whole = isinstance(given.get("data"), dict)
        data: Mapping[str, Any] = given["data"] if is_whole else {**given, **given.get("kwargs", {})}
        before = asked.before_hooks(data)
        result = await run(*args, **kwargs)
        after: Mapping[str, Any] = result if isinstance(result, Mapping) else data
        asked.after_hooks(before, after if is_whole else {**data, **after})
        if is_whole:
            asked.hand_on(after)
        return result

    return hooked


def takes_over_answer(run: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Make what runs hooks over a `response` take over what they change into Anthropic's answer to the client's own request."""
    signature = inspect.signature(run)

    @functools.wraps(run)
    async def hooked(*args: P.args, **kwargs: P.kwargs) -> R:
        from litellm.llms.anthropic.clients_request import clients_request

        asked = clients_request()
        response = signature.bind(*args, **kwargs).arguments["response"]
        if asked is None or asked.answer is None or not isinstance(response, dict):
            return await run(*args, **kwargs)
        before = copy.deepcopy(response)
        result = await run(*args, **kwargs)
        after = result if isinstance(result, dict) else response
        if after != before:
            asked.told.append((before, copy.deepcopy(after)))
        return result

    return hooked
