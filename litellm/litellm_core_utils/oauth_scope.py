"""Where a caller's OAuth token enters a LiteLLM call: it leaves the headers, and becomes the credential of that one call where it may go.

Upstream hands a caller's headers to every provider and every call path as they are, and each decides anew what to do with a token in them.
Here a token is sealed at the entry that all public calls share, before a log line, a hook or a cache can see it, and scoped where the
call's own function takes over, behind all that may have changed its model, provider or base.

LiteLLM imports this before anything of `llms/` can be imported, so the policy is imported where it is called.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider and by origin before it builds a request.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, ParamSpec, TypeAlias, TypeVar, cast  # noqa: TID251  # awaited or not is known as it runs

import litellm
from litellm._logging import verbose_logger
from litellm.litellm_core_utils.oauth_arguments import (
    HEADER_ARGUMENTS,
    Arguments,
    any_headers,
    changed_headers,
    merged_headers,
    seal,
)
from litellm.litellm_core_utils.oauth_failures import authentication_error
from litellm.litellm_core_utils.wrapped_calls import by_name
from litellm.llms.custom_httpx.oauth_exit import configured_elsewhere

if TYPE_CHECKING:
    from litellm.llms.anthropic.oauth import OAuthToken, ScopedHeaders

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final
_Change: TypeAlias = Callable[[tuple[object, ...], Arguments], tuple[tuple[object, ...], Arguments]]
# Model, provider, `api_key` and `api_base` of a call.
_Resolved: TypeAlias = tuple[str, str, str | None, str | None]
# With `fallbacks`, these only hand their arguments on, to one call a model: each of those is scoped by itself.
_HANDING_ON: Final = frozenset({"completion", "acompletion"})


def scopes_client_tokens(
    decorator: Callable[[Callable[P, R]], Callable[P, R]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator of public calls seal a caller's token ahead of all it does, and scope it behind that."""

    @functools.wraps(decorator)
    def scoping(function: Callable[P, R]) -> Callable[P, R]:
        return _with_changed(decorator(scopes_client_token(function)), seal)

    return scoping


def scopes_client_token(function: Callable[P, R]) -> Callable[P, R]:
    """Make one call scope the token in its caller's headers."""
    signature: Final = inspect.signature(function)
    hands_on: Final = function.__name__ in _HANDING_ON

    def scope(args: tuple[object, ...], kwargs: Arguments) -> tuple[tuple[object, ...], Arguments]:
        if hands_on and kwargs.get("fallbacks"):
            return args, kwargs
        return _scoped(signature, args, kwargs)

    return _with_changed(function, scope)


def _with_changed(function: Callable[P, R], change: _Change) -> Callable[P, R]:
    """The function, called with changed arguments."""

    asynchronous: Final = cast("Callable[..., Awaitable[object]]", function)  # cast-ok: if it is
    synchronous: Final = cast("Callable[..., object]", function)  # cast-ok: if it is

    @functools.wraps(function)
    async def awaited(*args: object, **kwargs: object) -> object:  # kwargs-ok: handed on
        positional, named = change(args, kwargs)
        return await asynchronous(*positional, **named)

    @functools.wraps(function)
    def called(*args: object, **kwargs: object) -> object:  # kwargs-ok: handed on
        positional, named = change(args, kwargs)
        return synchronous(*positional, **named)

    changed: Final = awaited if inspect.iscoroutinefunction(function) else called
    return cast("Callable[P, R]", changed)  # cast-ok: as the function is


def keeps_token_at_anthropic(resolve: Callable[P, _Resolved]) -> Callable[P, _Resolved]:
    """Make the resolution of a call's provider answer another than Anthropic without a sealed token: with the key it displaced, or none."""
    position: Final = list(inspect.signature(resolve).parameters).index("api_key")

    @functools.wraps(resolve)
    def resolved(*args: P.args, **kwargs: P.kwargs) -> _Resolved:  # kwargs-ok: handed on
        answer: Final = resolve(*args, **kwargs)
        key: Final = args[position] if len(args) > position else kwargs.get("api_key")
        if type(key) is str or key is None:
            return answer
        from litellm.llms.anthropic.oauth import OAUTH_PROVIDERS, OAuthToken

        if isinstance(key, OAuthToken) and answer[1] not in OAUTH_PROVIDERS:
            # An empty key, unlike None, takes the place of the token that the caller still holds.
            return (*answer[:2], key.displaced or "", *answer[3:])
        return answer

    return resolved


def scoped_for(
    headers: Mapping[str, object],
    provider: str | None,
    api_bases: Iterable[object],
    *,
    own_key: object,
    deployment: str,
) -> ScopedHeaders:
    """What goes out of a caller's headers to these base URLs, or to where LiteLLM's settings send a call that names none.

    own_key: what the call sends without a token. deployment: what to call it in a warning, which comes once for each that is kept from one.
    Raises AuthenticationError for a malformed token that would have been sent, and for a refused origin with nothing else to send.
    """
    from litellm.llms.anthropic import oauth as policy
    from litellm.llms.anthropic.oauth_origins import ORIGINS_ENV, allowed_origins

    named: Final = [base for base in api_bases if isinstance(base, str) and base.strip()]
    bases: Final[Sequence[str | None]] = [*named] or [
        litellm.api_base,
        _secret("ANTHROPIC_API_BASE") or _secret("ANTHROPIC_BASE_URL"),
    ]
    own: Final = own_key if isinstance(own_key, str) else None
    try:
        scoped: Final = policy.scope_headers(
            headers, provider=provider, api_bases=bases, allowed=allowed_origins(), own_key=own
        )
    except policy.InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    if scoped.refused_origin is not None:
        if not (own_key or configured_key() or _secret("ANTHROPIC_FEDERATION_RULE_ID")):
            raise authentication_error(
                f"The caller's Anthropic OAuth token may not be sent to {scoped.refused_origin}, and no other credential is set for it. If "
                f"that origin is yours, list it in {ORIGINS_ENV} (or litellm.anthropic_oauth_origins); otherwise set an api_key for this "
                "deployment."
            )
        _warn_once(deployment, scoped.refused_origin, ORIGINS_ENV)
    return scoped


def clients_token(api_key: object) -> OAuthToken | None:
    """The token of its caller's that a call has as its `api_key`; None for a key of its own, or none."""
    from litellm.llms.anthropic.oauth import OAuthToken

    return api_key if isinstance(api_key, OAuthToken) and not api_key.configured else None


def went_out_with_clients_token(call: Mapping[str, object]) -> bool:
    """Whether the last request that was made of a Router's call went out with its caller's token, as its sealed token knows."""

    def knows(headers: Mapping[str, object]) -> bool:
        return any(getattr(value, "goes_out", False) for value in headers.values())

    return any(any_headers(call.get(name), knows) for name in HEADER_ARGUMENTS)


def may_send_oauth(parameters: Mapping[str, object], args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    """Whether a call with these arguments may send an OAuth token, whichever it would choose."""
    from litellm.llms.anthropic.oauth import has_token, is_anthropic_oauth_key

    named: Final = litellm.utils.with_named_credential(by_name(parameters, args, kwargs))
    keys: Final = (named.get("api_key"), configured_key(), _secret("ANTHROPIC_AUTH_TOKEN"))
    # What a reference to a secret stands for is read where the call is made.
    refers: Final = isinstance(keys[0], str) and keys[0].startswith("oidc/")
    return (
        refers
        or any(is_anthropic_oauth_key(key) for key in keys)
        or any(any_headers(named.get(name), has_token) for name in HEADER_ARGUMENTS)
    )


def configured_key() -> str | None:
    """The credential that LiteLLM's settings have for Anthropic, in the contract's order; None without one."""
    for key in (litellm.anthropic_key, litellm.api_key, _secret("ANTHROPIC_API_KEY"), _secret("ANTHROPIC_AUTH_TOKEN")):
        if key and key.strip():
            return key
    return None


def _scoped(
    signature: inspect.Signature, args: tuple[object, ...], kwargs: Arguments
) -> tuple[tuple[object, ...], Arguments]:
    from litellm.llms.anthropic import oauth as policy

    named: Final[Arguments] = by_name(signature.parameters, args, kwargs) if args else kwargs
    key: Final = named.get("api_key")
    asks: Final = policy.asks_for_oauth if key else policy.betas_in
    if not isinstance(key, policy.OAuthToken) and not any(
        any_headers(named.get(name), lambda each: policy.has_token(each) or bool(asks(each)))
        for name in HEADER_ARGUMENTS
    ):
        return args, kwargs
    provider: Final = provider_of(signature, named)
    carried: Final = clients_token(key)
    headers: Final = {**merged_headers(named, provider), **({} if carried is None else {"authorization": carried})}
    own: Final = key if carried is None else carried.displaced
    federated: Final = named.get("anthropic_federation_rule_id")
    bases: Final = (named.get("api_base"), named.get("base_url"))
    scoped: Final = scoped_for(headers, provider, bases, own_key=own or federated, deployment=_deployment(named))
    goes_out: Final = (
        carried if carried and scoped.token else scoped.token or _own_key(own, provider, policy.betas_in(headers))
    )
    for value in headers.values():
        if isinstance(value, policy.OAuthToken):
            value.goes_out = clients_token(goes_out) is not None
    # The betas beside a token travel with it: not every call reads every argument, or finds them under another casing.
    strip: Final = functools.partial(
        policy.without_oauth, keep_oauth_beta=scoped.may_go, keep_betas=not isinstance(goes_out, policy.OAuthToken)
    )
    changes: Final = {name: changed_headers(named[name], strip) for name in HEADER_ARGUMENTS if named.get(name)}
    changes["api_key"] = goes_out
    positional: Final = tuple(changes.pop(name, value) for name, value in zip(signature.parameters, args, strict=False))
    return positional, {**kwargs, **changes}


def _own_key(key: object, provider: str | None, betas: str) -> object:
    """A call's own key, or the one that is configured for it: an OAuth token takes the caller's betas along, to Anthropic only."""
    from litellm.llms.anthropic import oauth as policy

    try:
        token: Final = policy.oauth_token(key or (configured_key() if betas else None))
    except policy.InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    if token is None:
        return key
    if provider in policy.OAUTH_PROVIDERS:
        return policy.OAuthToken(token, betas=policy.merge_betas(betas, getattr(key, "betas", "")), configured=True)
    if key is not None:
        configured_elsewhere(token)
    return key and token


def provider_of(signature: inspect.Signature, named: Mapping[str, object]) -> str | None:
    """The provider that a call with these arguments goes to; None where they do not say."""
    parameter: Final = signature.parameters.get("custom_llm_provider")
    provider: Final = named.get("custom_llm_provider") or getattr(parameter, "default", None)
    model: Final = named.get("model")
    if isinstance(model, str) and model:
        try:
            resolve: Final[Callable[..., _Resolved]] = litellm.get_llm_provider
            return resolve(model=model, custom_llm_provider=provider, api_base=named.get("api_base"))[1]
        except litellm.BadRequestError:
            pass  # The call itself says so, better; no provider is one the token may not go to.
    return provider if isinstance(provider, str) else None


def _deployment(named: Mapping[str, object]) -> str:
    info: Final = named.get("model_info")
    return str((info.get("id") if isinstance(info, Mapping) else None) or named.get("model") or "unnamed")


@functools.lru_cache(maxsize=1024)
def _warn_once(deployment: str, origin: str, setting: str) -> None:
    verbose_logger.warning(
        "A caller's Anthropic OAuth token was not sent to %s (deployment %s); its own credential was. If it is yours, list it in %s.",
        origin,
        deployment,
        setting,
    )


def _secret(name: str) -> str | None:
    from litellm.secret_managers.main import get_secret_str

    return get_secret_str(name)
