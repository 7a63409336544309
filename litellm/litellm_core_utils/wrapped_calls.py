"""One way around a call, whether it is awaited or not, and one to its arguments.

Intent: failures
Upstream: none yet
Remove when: nothing wraps a call of either kind any more.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, ParamSpec, TypeVar, cast  # noqa: TID251  # awaited or not is known as it runs

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final


def by_name(
    names: Iterable[str], args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:  # mutable-ok: a new dict
    """A call's arguments by the names of its parameters. Not as inspect binds them: that is slow, and each request asks many times."""
    return {**dict(zip(names, args, strict=False)), **kwargs}


def runs_within(
    context: Callable[[Mapping[str, object]], AbstractContextManager[None]], function: Callable[P, R]
) -> Callable[P, R]:
    """The function, each call of it within a context of its own, which is made of the call's keyword arguments."""
    if inspect.iscoroutinefunction(function):
        asynchronous: Final = function

        @functools.wraps(function)
        async def awaited(*args: P.args, **kwargs: P.kwargs) -> object:  # kwargs-ok: handed on
            with context(kwargs):
                return await asynchronous(*args, **kwargs)

        return cast("Callable[P, R]", awaited)  # cast-ok: what is awaited is R

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:  # kwargs-ok: handed on
        with context(kwargs):
            return function(*args, **kwargs)

    return called
