"""An error as the first event of a stream is as good as a status: to a client's own token it is the client's.

Upstream makes a failure of Anthropic's of every error in a chat's stream, whatever its type says.

Intent: failures
Upstream: none yet
Remove when: upstream gives an error in a stream the status that its type stands for.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar, cast  # noqa: TID251  # streams of any class, JSON, awaited or not

from litellm.litellm_core_utils.oauth_failures import ERROR_TYPES, as_clients_own
from litellm.litellm_core_utils.oauth_scope import clients_token, went_out_with_clients_token
from litellm.litellm_core_utils.wrapped_calls import by_name
from litellm.llms.anthropic import common_utils
from litellm.llms.anthropic.common_utils import AnthropicError

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final
_STATUSES: Final = {kind: status for status, kind in ERROR_TYPES.items()}


def knows_whose_it_is(call: Callable[P, R]) -> Callable[P, R]:
    """Make a call that answers with a stream, and its headers, tell the stream whether it is of its caller's own token."""
    names: Final = [*inspect.signature(call).parameters]

    def told(answer: tuple[Any, ...], given: Mapping[str, Any]) -> tuple[Any, ...]:
        key: Final = given["logging_obj"].litellm_params.get("api_key")
        answer[0].of_clients_token = clients_token(key) is not None  # rebind-ok: this very stream is read
        return answer

    asynchronous: Final = cast("Callable[P, Awaitable[tuple[Any, ...]]]", call)  # cast-ok: if it is
    synchronous: Final = cast("Callable[P, tuple[Any, ...]]", call)  # cast-ok: if it is

    @functools.wraps(call)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> object:  # kwargs-ok: handed on
        return told(await asynchronous(*args, **kwargs), by_name(names, args, kwargs))

    @functools.wraps(call)
    def called(*args: P.args, **kwargs: P.kwargs) -> object:  # kwargs-ok: handed on
        return told(synchronous(*args, **kwargs), by_name(names, args, kwargs))

    telling: Final = awaited if inspect.iscoroutinefunction(call) else called
    return cast("Callable[P, R]", telling)  # cast-ok: as the call is


def raise_refusal(stream: object, chunk: Mapping[str, Any]) -> None:
    """Raise AnthropicError, with the status its type stands for, for an event that refuses a caller's own token."""
    status: Final = _STATUSES.get(str((chunk.get("error") or {}).get("type"))) if chunk.get("type") == "error" else None
    if status is not None and getattr(stream, "of_clients_token", False):
        raise as_clients_own(AnthropicError(status_code=status, message=json.dumps(chunk)))


def refusal_of_event(event: tuple[str, str, int] | None, call: Mapping[str, Any], model: str) -> Exception | None:
    """LiteLLM's error for an error event (type, message, status) that refuses a call's own caller's token; None for any other."""
    if event is None or not 400 <= event[2] < 500 or not went_out_with_clients_token(call):
        return None
    as_before_the_stream: Final = getattr(common_utils, "anthropic_error_frame_exception")  # noqa: B009  # not in every release
    refusal: Final[Exception] = as_before_the_stream(*event, model)
    return as_clients_own(refusal)
