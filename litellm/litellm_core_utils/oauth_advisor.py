"""A client's token for the advisor that its request names, beside a model of another provider.

The model may not have the token, and the advisor, which LiteLLM asks in a call of its own, may: it travels as what upstream has that call
made with, the `api_key` of the advisor's tool, and is scoped where that call is made.

Intent: scope
Upstream: none yet
Remove when: upstream hands a request's headers on to the calls that it makes for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from litellm.litellm_core_utils.oauth_arguments import merged_headers

if TYPE_CHECKING:
    from litellm.llms.anthropic.oauth import OAuthToken

_ASKS_ADVISORS: Final = "anthropic_messages"


def tools_with_token(
    call: str, provider: str | None, named: Mapping[str, object], carried: OAuthToken | None
) -> object:
    """The tools of a call, with its caller's token in an advisor's, where LiteLLM and not the model's provider asks that advisor.

    carried: the caller's token, where it is the call's `api_key`.
    """
    from litellm import constants
    from litellm.types.llms import anthropic as types

    tools = named.get("tools")
    # Releases before the advisor have neither.
    kind, native = (
        getattr(types, "ANTHROPIC_ADVISOR_TOOL_TYPE", None),
        getattr(constants, "ADVISOR_NATIVE_PROVIDERS", ()),
    )
    if call != _ASKS_ADVISORS or kind is None or provider in native or not isinstance(tools, list):
        return tools
    token = _token(named, carried)
    return tools if token is None else [_with(token, tool) if _type_of(tool) == kind else tool for tool in tools]


def _token(named: Mapping[str, object], carried: OAuthToken | None) -> OAuthToken | None:
    from litellm.llms.anthropic.oauth import OAuthToken, betas_in

    headers = merged_headers(named, "anthropic")
    written = {name.lower(): value for name, value in headers.items()}
    sealed = (
        value
        for value in (carried, written.get("authorization"), written.get("x-api-key"))
        if isinstance(value, OAuthToken)
    )
    token = next(sealed, None)
    return None if token is None else OAuthToken(token, betas=betas_in(headers))


def _type_of(tool: object) -> object:
    return tool.get("type") if isinstance(tool, Mapping) else None


def _with(token: OAuthToken, tool: Mapping[str, object]) -> dict[str, object]:
    from litellm.llms.anthropic.oauth import OAuthToken

    key = tool.get("api_key")
    return {**tool, "api_key": OAuthToken(token, betas=token.betas, displaced=key if isinstance(key, str) else None)}
