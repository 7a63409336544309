"""A client's token for the advisor that its request names, beside a model of another provider.

The model may not have the token, and the advisor, which LiteLLM asks in a call of its own, may: it travels as what upstream has that call
made with, the `api_key` of the advisor's tool, and is scoped where that call is made.

Intent: scope
Upstream: none yet
Remove when: upstream hands a request's headers on to the calls that it makes for it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, cast  # noqa: TID251  # awaited or not is known as it runs

from litellm.litellm_core_utils.oauth_arguments import merged_headers
from litellm.litellm_core_utils.oauth_scope import clients_token, provider_of
from litellm.litellm_core_utils.wrapped_calls import by_name

if TYPE_CHECKING:
    from litellm.llms.anthropic.oauth import OAuthToken

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final
_ASKS_ADVISORS: Final = "anthropic_messages"


def hands_token_to_advisors(
    decorator: Callable[[Callable[P, R]], Callable[P, R]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator of public calls hand a caller's token, sealed and not scoped yet, to the advisors that a call names."""

    @functools.wraps(decorator)
    def handing(function: Callable[P, R]) -> Callable[P, R]:
        return decorator(_with_tools(function) if function.__name__ == _ASKS_ADVISORS else function)

    return handing


def _with_tools(function: Callable[P, R]) -> Callable[P, R]:
    signature: Final = inspect.signature(function)

    asynchronous: Final = cast("Callable[..., Awaitable[object]]", function)  # cast-ok: this one is

    @functools.wraps(function)
    async def asked(*args: P.args, **kwargs: P.kwargs) -> object:  # kwargs-ok: handed on
        named: Final = by_name(signature.parameters, args, kwargs)
        if named.get("tools"):
            named["tools"] = _tools_with_token(signature, named)
        return await asynchronous(**named)

    return cast("Callable[P, R]", asked)  # cast-ok: as the function is


def _tools_with_token(signature: inspect.Signature, named: Mapping[str, object]) -> object:
    """The tools of a call, with its caller's token in an advisor's, where LiteLLM and not the model's provider asks that advisor."""
    from litellm import constants
    from litellm.types.llms import anthropic as types

    tools: Final = named.get("tools")
    # Releases before the advisor have neither.
    kind, native = (
        getattr(types, "ANTHROPIC_ADVISOR_TOOL_TYPE", None),
        getattr(constants, "ADVISOR_NATIVE_PROVIDERS", ()),
    )
    if kind is None or not isinstance(tools, list) or all(_type_of(tool) != kind for tool in tools):
        return tools
    token: Final = _token(named)
    if token is None or provider_of(signature, named) in native:
        return tools
    return [_with(token, tool) if _type_of(tool) == kind else tool for tool in tools]


def _token(named: Mapping[str, object]) -> OAuthToken | None:
    from litellm.llms.anthropic.oauth import OAuthToken, betas_in

    headers: Final = merged_headers(named, "anthropic")
    written: Final = {name.lower(): value for name, value in headers.items()}
    sealed: Final = (
        value
        for value in (clients_token(named.get("api_key")), written.get("authorization"), written.get("x-api-key"))
        if isinstance(value, OAuthToken)
    )
    token: Final = next(sealed, None)
    return None if token is None else OAuthToken(token, betas=betas_in(headers))


def _type_of(tool: object) -> object:
    return tool.get("type") if isinstance(tool, Mapping) else None


def _with(token: OAuthToken, tool: Mapping[str, object]) -> Mapping[str, object]:
    from litellm.llms.anthropic.oauth import OAuthToken

    key: Final = tool.get("api_key")
    return {**tool, "api_key": OAuthToken(token, betas=token.betas, displaced=key if isinstance(key, str) else None)}
