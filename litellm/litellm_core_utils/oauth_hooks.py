"""What LiteLLM's calls and hooks see of a client's own request, and what hooks change of it: that, and nothing else, is changed.

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
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar, cast  # noqa: TID251  # awaited or not is known as it runs

P = ParamSpec("P")
R = TypeVar("R")


def hides_clients_request(
    decorator: Callable[[Callable[P, R]], Callable[P, R]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator of public calls hide the client's request that is served from each call that is not made of it."""

    @functools.wraps(decorator)
    def hiding(function: Callable[P, R]) -> Callable[P, R]:
        return _hidden(decorator(function))

    return hiding


def _hidden(function: Callable[P, R]) -> Callable[P, R]:
    def unless_made_of_it(arguments: Mapping[str, object]) -> AbstractContextManager[None]:
        from litellm.llms.anthropic.clients_request import hidden_from

        return hidden_from(function.__name__, arguments)

    @functools.wraps(function)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> object:
        with unless_made_of_it(kwargs):
            return await cast("Callable[P, Awaitable[object]]", function)(*args, **kwargs)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        with unless_made_of_it(kwargs):
            return function(*args, **kwargs)

    return cast("Callable[P, R]", awaited) if inspect.iscoroutinefunction(function) else called


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
        data: Mapping[str, object] = given["data"] if is_whole else {**given, **given.get("kwargs", {})}
        before = asked.before_hooks(data)
        result = await run(*args, **kwargs)
        after: Mapping[str, object] = result if isinstance(result, Mapping) else data
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
        if asked is None or asked.answer is None:
            return await run(*args, **kwargs)
        response = signature.bind(*args, **kwargs).arguments["response"]
        if not isinstance(response, dict):
            return await run(*args, **kwargs)
        before = copy.deepcopy(response)
        result = await run(*args, **kwargs)
        after = result if isinstance(result, dict) else response
        if after != before:
            asked.told.append((before, copy.deepcopy(after)))
        return result

    return hooked
