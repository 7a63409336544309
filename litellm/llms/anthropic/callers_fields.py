"""The fields that a caller wrote into a messages call with an OAuth token: each goes out as it was written.

Upstream leaves out what it does not know, and fits thinking and effort to what its table says of the model. Anthropic knows more than the
release does, and says itself what a model does not take.

Intent: transparency
Upstream: none yet
Remove when: upstream sends the fields of a messages call to Anthropic that it does not know, and changes none that it was given.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, ParamSpec, TypeAlias  # noqa: TID251  # arguments are of any kind

import litellm
from litellm.litellm_core_utils.wrapped_calls import by_name
from litellm.llms.anthropic.oauth import token_in_headers

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
# Anthropic's as well as OpenAI's, by whose name LiteLLM would take it for its own.
_OF_BOTH: Final = frozenset({"service_tier"})
_INTERNAL: Final = ("_", "litellm_")
# Of these LiteLLM takes OpenAI's shape as well, and writes Anthropic's.
_TRANSLATED: Final = frozenset({"context_management", "tools"})
_REQUIRED: Final = ("model", "messages")


_Transforms: TypeAlias = Callable[P, dict[str, object]]


def keeps_callers_fields(transform: _Transforms[P]) -> _Transforms[P]:
    """Make what writes the body of a messages request keep its caller's fields, where an OAuth token goes out and no proxy handed it on."""
    names: Final = [*inspect.signature(transform).parameters]

    @functools.wraps(transform)
    def transformed(
        *args: P.args,
        **kwargs: P.kwargs,  # kwargs-ok: handed on
    ) -> dict[str, object]:  # mutable-ok: as upstream has it
        given: Final[Mapping[str, Any]] = by_name(names, args, kwargs)
        call, fields = given["litellm_params"], given["anthropic_messages_optional_request_params"]
        if token_in_headers(given["headers"]) is None or getattr(call, "proxy_server_request", None):
            return transform(*args, **kwargs)
        written: Final = copy.deepcopy(fields)
        request: Final = transform(*args, **kwargs)
        unknown: Final = unknown_fields(call.model_extra or {})
        if _asks_for_fitting(call, written):
            return {**request, **unknown}
        asked: Final = {name: request[name] for name in request if name in written or name in _REQUIRED}
        return {**asked, **{name: written[name] for name in written if name not in _TRANSLATED}, **unknown}

    return transformed


def _asks_for_fitting(call: object, fields: Mapping[str, object]) -> bool:
    """Whether a call leaves it to LiteLLM what the model takes, or has an effort that LiteLLM makes other fields of."""
    return bool(litellm.drop_params or getattr(call, "drop_params", None) or fields.get("reasoning_effort"))


def unknown_fields(call: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments of a call that are neither LiteLLM's own nor fields that it knows: as in `completion`, they are the provider's."""
    fields: Final = litellm.utils.get_non_default_completion_params(dict(call))
    fields.update({name: value for name, value in call.items() if name in _OF_BOTH})
    dropped: Final = call.get("additional_drop_params")
    not_sent: Final = {*_names(), *(dropped if isinstance(dropped, Iterable) else ())}
    return {
        name: value
        for name, value in fields.items()
        if value is not None and name not in not_sent and not name.startswith(_INTERNAL)
    }


@functools.cache
def _names() -> frozenset[str]:
    """What is no unknown field: LiteLLM's own arguments, and the fields that this release knows."""
    from litellm.constants import DEFAULT_CHAT_COMPLETION_PARAM_VALUES
    from litellm.types.llms.anthropic import AnthropicMessagesRequest

    return (
        frozenset({*DEFAULT_CHAT_COMPLETION_PARAM_VALUES, "extra_body"}) - _OF_BOTH
        | AnthropicMessagesRequest.__annotations__.keys()
    )
