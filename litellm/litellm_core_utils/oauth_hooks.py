"""What LiteLLM's calls and hooks see of a client's own request, and what hooks change of it: that, and nothing else, is changed.

LiteLLM imports this before anything of `llms/` can be imported, so what is of Anthropic is imported where it is called.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token, with what hooks change of it.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, ParamSpec, TypeVar  # noqa: TID251  # arguments are of any kind

from pydantic_core import to_jsonable_python

from litellm.litellm_core_utils.wrapped_calls import by_name, runs_within

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final


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

    return runs_within(unless_made_of_it, function)


def takes_over_changes(run: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Make what runs hooks over a request's `data`, or a call's arguments, take over what they change into the client's own request."""
    names: Final = [*inspect.signature(run).parameters]

    @functools.wraps(run)
    async def hooked(*args: P.args, **kwargs: P.kwargs) -> R:  # kwargs-ok: handed on
        from litellm.llms.anthropic.clients_request import clients_request

        asked: Final = clients_request()
        if asked is None:
            return await run(*args, **kwargs)
        given: Final[Mapping[str, Any]] = by_name(names, args, kwargs)
        is_whole: Final = isinstance(given.get("data"), dict)
        data: Final[Mapping[str, object]] = given["data"] if is_whole else {**given, **given.get("kwargs", {})}
        before: Final = asked.before_hooks(data)
        result: Final = await run(*args, **kwargs)
        after: Final[Mapping[str, object]] = result if isinstance(result, Mapping) else data
        asked.after_hooks(before, after if is_whole else {**data, **after})
        if is_whole:
            asked.hand_on(after)
        return result

    return hooked


def takes_over_answer(run: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Make what runs hooks over a `response` take over what they change into Anthropic's answer to the client's own request."""
    names: Final = [*inspect.signature(run).parameters]

    @functools.wraps(run)
    async def hooked(*args: P.args, **kwargs: P.kwargs) -> R:  # kwargs-ok: handed on
        from litellm.llms.anthropic.clients_request import clients_request

        asked: Final = clients_request()
        if asked is None or asked.answer is None:
            return await run(*args, **kwargs)
        response: Final = by_name(names, args, kwargs)["response"]
        if not isinstance(response, dict):
            return await run(*args, **kwargs)
        before: Final = _written(response)
        result: Final = await run(*args, **kwargs)
        after: Final = _written(result if isinstance(result, dict) else response)
        if after != before:
            asked.told.append((json.loads(before), json.loads(after)))
        return result

    return hooked


def _written(answer: Mapping[str, object]) -> str:
    """An answer as JSON: what hooks may leave as it is, at each request, is copied and compared so in a fraction of the time."""
    return json.dumps(answer, default=functools.partial(to_jsonable_python, serialize_unknown=True))
