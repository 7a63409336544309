"""Where a caller's OAuth token enters a LiteLLM call: it leaves the headers and becomes the credential of that one call.

Upstream hands a caller's headers to every provider and every call path as they are, and each decides anew what to do with a token in
them. Here the token is taken out once, at the entry that all public calls share, before a log line, a callback or a cache key can see it.
Where the policy lets it go, it becomes this call's `api_key`; everywhere else the call keeps the credential it had.

LiteLLM imports this before anything of `llms/` can be imported, so the policy is imported where it is called.

Intent: scope
Upstream: BerriAI/litellm#42172, BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider and by origin before it builds a request.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import httpx

import litellm
from litellm._logging import verbose_logger

if TYPE_CHECKING:
    from litellm.llms.anthropic.oauth import ScopedHeaders

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Where public calls take headers, the one that wins first, as upstream merges them.
_HEADER_ARGUMENTS: Final = ("provider_specific_header", "extra_headers", "headers")
# With `fallbacks`, these only hand their arguments on, to one call a model: each of those is scoped by itself.
_HANDING_ON: Final = frozenset({"completion", "acompletion"})
_TOKENS_OWN_STATUSES: Final = frozenset({401, 403, 429})
_MARK: Final = "earned_by_the_callers_own_token"
_NOTHING_SENT_MARK: Final = "no_credential_to_send"
_BETA_HEADER: Final = "anthropic-beta"
_KEY_VARIABLES: Final = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_BASE_VARIABLES: Final = ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL")


class ClientToken(str):
    """A token that came in a caller's headers, as the `api_key` of one call.

    It keeps the `api_key` it displaced, because a call can be sent on (a fallback, a retry with another model) to where the token may
    not go. Its repr is masked: call arguments are printed in many places.
    """

    displaced: str | None

    def __new__(cls, token: str, displaced: str | None) -> ClientToken:
        instance = super().__new__(cls, token)
        instance.displaced = displaced
        return instance

    def __getnewargs__(self) -> tuple[str, str | None]:
        return str(self), self.displaced

    def __repr__(self) -> str:
        return "<an Anthropic OAuth token of the caller's>"


def scopes_client_tokens(decorator: Callable[[_Function], _Function]) -> Callable[[_Function], _Function]:
    """Make a decorator of public calls scope the caller's token, outside of it and inside.

    Outside, so that nothing it logs or caches has the token in a header; inside, because it may call the function again with another
    model, or add an api_base from a named credential.
    """

    @functools.wraps(decorator)
    def scoping(function: _Function) -> _Function:
        return scope_client_token(decorator(scope_client_token(function)))

    return scoping


def scope_client_token(function: _Function) -> _Function:
    """Make one public call scope the token in its caller's headers: `api_key` where it may go, nowhere else."""
    signature = inspect.signature(function)
    hands_on = function.__name__ in _HANDING_ON

    def scoped(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[tuple[object, ...], dict[str, object]]:
        return (args, kwargs) if hands_on and kwargs.get("fallbacks") else _scoped_call(signature, args, kwargs)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: object, **kwargs: object) -> object:
            args, kwargs = scoped(args, kwargs)
            with _marking_failures(kwargs):
                return await function(*args, **kwargs)

        return cast(_Function, awaited)

    @functools.wraps(function)
    def called(*args: object, **kwargs: object) -> object:
        args, kwargs = scoped(args, kwargs)
        with _marking_failures(kwargs):
            return function(*args, **kwargs)

    return cast(_Function, called)


def is_clients_own_failure(error: object) -> bool:
    """Whether a call failed with 401, 403 or 429 that its caller's own token earned: it says nothing about the deployment."""
    return getattr(error, _MARK, False) is True


def says_nothing_of_deployment(error: object) -> bool:
    """Whether a failure is no sign of its deployment's health: the caller's own token earned it, or no credential was there to send."""
    return is_clients_own_failure(error) or getattr(error, _NOTHING_SENT_MARK, False) is True


def causes(error: BaseException | None) -> list[BaseException]:
    """An error and what it was raised for, the latest first."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


@contextlib.contextmanager
def _marking_failures(arguments: Mapping[str, object]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        answered = next((each for each in causes(error) if _status(each) in _TOKENS_OWN_STATUSES), None)
        if not isinstance(arguments.get("api_key"), ClientToken) or answered is None:
            raise
        if answered is not error and _status(error) in (None, 500):
            raise _as_answered(answered) from error
        if answered is error:
            setattr(error, _MARK, True)
        raise


def _status(error: BaseException) -> object:
    return getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)


def _as_answered(error: BaseException) -> Exception:
    """The error of LiteLLM's that stands for Anthropic's status, for a release that maps some of them to another."""
    status = cast(int, _status(error))
    headers = getattr(error, "headers", None) or getattr(getattr(error, "response", None), "headers", None)
    response = httpx.Response(status, headers=headers, request=httpx.Request("POST", "https://api.anthropic.com"))
    kinds = {401: litellm.AuthenticationError, 403: litellm.exceptions.PermissionDeniedError, 429: litellm.RateLimitError}
    said = getattr(error, "message", None) or getattr(getattr(error, "response", None), "text", None) or error
    answer = kinds[status](message=f"AnthropicException - {said}", llm_provider="anthropic", model="", response=response)
    setattr(answer, _MARK, True)
    return answer


def with_oauth_headers(builder: _Function) -> _Function:
    """Make a builder of request headers send an OAuth token as Anthropic wants it; any other credential stays as the builder wrote it.

    A builder may answer with headers alone or with a tuple that starts with them. The headers it is given are a copy of the caller's.
    """

    @functools.wraps(builder)
    def finished(*args: object, **kwargs: object) -> object:
        if isinstance(kwargs.get("headers"), Mapping):
            kwargs["headers"] = dict(cast("Mapping[str, object]", kwargs["headers"]))
        try:
            built = builder(*args, **kwargs)
        except litellm.AuthenticationError as error:
            setattr(error, _NOTHING_SENT_MARK, True)
            raise
        return (_finished(built[0]), *built[1:]) if isinstance(built, tuple) else _finished(built)

    return cast(_Function, finished)


def _finished(headers: object) -> object:
    from litellm.llms.anthropic import oauth as policy

    try:
        token = policy.token_in_headers(headers)
    except policy.InvalidTokenError as error:
        raise authentication_error(str(error)) from None
    return headers if token is None else policy.set_anthropic_headers(cast("Mapping[str, object]", headers), token)


def python_route_for_oauth(native_request: Callable[..., object]) -> Callable[..., object]:
    """Make the projection of a call to its native route answer None, which means Python, where an OAuth token may go out."""

    @functools.wraps(native_request)
    def projected(legacy: inspect.Signature, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        named = {**dict(zip(legacy.parameters, args, strict=False)), **kwargs}
        return None if _may_send_oauth(named) else native_request(legacy, args, kwargs)

    return projected


def keeps_betas_with_oauth(beta_filter: Callable[..., object]) -> Callable[..., object]:
    """Make a filter of the beta header leave a request with an OAuth token alone."""

    @functools.wraps(beta_filter)
    def filtered(headers: Mapping[str, object], provider: str) -> object:
        from litellm.llms.anthropic import oauth as policy

        return headers if policy.has_token(headers) else beta_filter(headers=headers, provider=provider)

    return filtered


def _may_send_oauth(arguments: Mapping[str, object]) -> bool:
    from litellm.llms.anthropic import oauth as policy

    named = dict(arguments)
    litellm.utils.load_credentials_from_list(named)
    keys = (named.get("api_key"), *_configured_keys())
    return any(policy.is_anthropic_oauth_key(key) for key in keys) or policy.has_oauth(_merged_headers(named))


def scope_for(headers: Mapping[str, object], provider: str | None, api_bases: Sequence[object] = ()) -> ScopedHeaders:
    """The policy's decision for a call that names these base URLs, or for where LiteLLM's settings send it when it names none.

    Raises AuthenticationError for a malformed token that would have been sent.
    """
    from litellm.llms.anthropic import oauth as policy

    named = [base for base in api_bases if isinstance(base, str) and base.strip()]
    environment = next((base for name in _BASE_VARIABLES if (base := _secret(name))), None)
    destinations = named or [litellm.api_base, environment]
    try:
        return policy.scope_headers(headers, provider=provider, api_bases=destinations, allowed=allowed_origins())
    except policy.InvalidTokenError as error:
        raise authentication_error(str(error)) from None


def allowed_origins() -> frozenset[str]:
    """The origins beside Anthropic's own that the operator lists, in the environment or in `litellm.anthropic_oauth_origins`."""
    from litellm.llms.anthropic import oauth as policy

    return policy.parse_origins(os.environ.get(policy.ORIGINS_ENV)) | policy.parse_origins(
        getattr(litellm, "anthropic_oauth_origins", None)
    )


def refuse_origin(origin: str, deployment: str, has_own_credential: bool) -> None:
    """Say that a caller's token was kept from an origin: a warning once a deployment, or an error where nothing else could be sent."""
    from litellm.llms.anthropic import oauth as policy

    if not has_own_credential:
        raise authentication_error(
            f"The caller's Anthropic OAuth token may not be sent to {origin}, and no other credential is set for it. If that origin is "
            f"yours, list it in {policy.ORIGINS_ENV} (or litellm.anthropic_oauth_origins); otherwise set an api_key for this deployment."
        )
    _warn_once(deployment, origin, policy.ORIGINS_ENV)


def authentication_error(message: str) -> litellm.AuthenticationError:
    """A 401 of LiteLLM's own, for what is decided before anything is sent."""
    error = litellm.AuthenticationError(message=message, llm_provider="anthropic", model="")
    setattr(error, _NOTHING_SENT_MARK, True)
    return error


@functools.lru_cache(maxsize=1024)
def _warn_once(deployment: str, origin: str, setting: str) -> None:
    verbose_logger.warning(
        "A caller's Anthropic OAuth token was not sent to %s (deployment %s); its own credential was. If it is yours, list it in %s.",
        origin,
        deployment,
        setting,
    )


def without_tokens(arguments: Mapping[str, object]) -> dict[str, object]:
    """A call's arguments with no OAuth token in any of its headers."""
    from litellm.llms.anthropic import oauth as policy

    stripped = {name: _each_mapping(arguments[name], policy.without_oauth) for name in _HEADER_ARGUMENTS if arguments.get(name)}
    return {**arguments, **stripped}


def has_configured_key(arguments: Mapping[str, object]) -> bool:
    """Whether a call with these arguments has a credential beside its caller's token: its own or one of LiteLLM's settings."""
    federated = arguments.get("anthropic_federation_rule_id") or _secret("ANTHROPIC_FEDERATION_RULE_ID")
    return bool(arguments.get("api_key") or any(_configured_keys()) or federated)


def _scoped_call(
    signature: inspect.Signature, args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[tuple[object, ...], dict[str, object]]:
    from litellm.llms.anthropic import oauth as policy

    named: dict[str, object] = {**dict(zip(signature.parameters, args, strict=False)), **kwargs}
    carried = named.get("api_key")
    if not isinstance(carried, ClientToken) and not policy.has_oauth(_merged_headers(named)):
        return args, kwargs
    litellm.utils.load_credentials_from_list(named)
    own_key = carried.displaced if isinstance(carried, ClientToken) else named.get("api_key")
    provider = _provider(signature, named)
    bases = (named.get("api_base"), named.get("base_url"))
    headers = _merged_headers(named, provider)
    if isinstance(carried, ClientToken):
        headers["authorization"] = carried
    scoped = scope_for(headers, provider, bases)
    if scoped.refused_origin is not None:
        refuse_origin(scoped.refused_origin, _deployment(named), has_configured_key({**named, "api_key": own_key}))
    changes = {
        name: _each_mapping(named[name], lambda each: scope_for(each, provider, bases).headers)
        for name in _HEADER_ARGUMENTS
        if named.get(name)
    }
    if scoped.token is not None:
        changes["api_key"] = ClientToken(scoped.token, own_key if isinstance(own_key, str) else None)
        if scoped.headers:
            # Not every call reads every header argument, and all betas are to go out.
            changes["extra_headers"] = scoped.headers
    elif isinstance(carried, ClientToken):
        changes["api_key"] = own_key
    positional = tuple(changes.pop(name, value) for name, value in zip(signature.parameters, args, strict=False))
    return positional, {**kwargs, **changes}


def _merged_headers(named: Mapping[str, object], provider: str | None = None) -> dict[str, object]:
    """All headers of a call, for one provider or for any: those of the argument that wins, and the betas of all."""
    from litellm.llms.anthropic.oauth import merge_betas

    merged: dict[str, object] = {}
    betas: list[object] = []

    def add(headers: Mapping[str, object]) -> Mapping[str, object]:
        betas.extend(value for name, value in headers.items() if name.lower() == _BETA_HEADER)
        merged.update({name: value for name, value in headers.items() if name not in merged and name.lower() != _BETA_HEADER})
        return headers

    for argument in _HEADER_ARGUMENTS:
        _each_mapping(_for_provider(named.get(argument), provider), add)
    return {**merged, _BETA_HEADER: merge_betas(*betas)} if betas else merged


def _for_provider(argument: object, provider: str | None) -> object:
    """A header argument without the entries that are scoped to other providers."""
    entries = argument if isinstance(argument, (list, tuple)) else (argument,)
    return [
        entry
        for entry in entries
        if provider is None
        or not isinstance(entry, Mapping)
        or not isinstance(entry.get("extra_headers"), Mapping)
        or provider in str(entry.get("custom_llm_provider", "")).replace(" ", "").split(",")
    ]


def _each_mapping(argument: object, change: Callable[[Mapping[str, object]], Mapping[str, object]]) -> object:
    """A header argument with each mapping of headers in it changed: plain headers, or scoped ones (`extra_headers` inside), or a list."""
    if isinstance(argument, (list, tuple)):
        return [_each_mapping(entry, change) for entry in argument]
    if not isinstance(argument, Mapping):
        return argument
    inner = argument.get("extra_headers")
    return {**argument, "extra_headers": change(inner)} if isinstance(inner, Mapping) else change(argument)


def _provider(signature: inspect.Signature, named: Mapping[str, object]) -> str | None:
    parameter = signature.parameters.get("custom_llm_provider")
    default = parameter.default if parameter is not None and parameter.default is not inspect.Parameter.empty else None
    provider = named.get("custom_llm_provider") or default
    model = named.get("model")
    if isinstance(model, str) and model:
        try:
            return litellm.get_llm_provider(model=model, custom_llm_provider=provider, api_base=named.get("api_base"))[1]
        except litellm.BadRequestError:
            pass  # The call itself says so, better; no provider is one the token may not go to.
    return provider if isinstance(provider, str) else None


def _configured_keys() -> tuple[str | None, ...]:
    return (litellm.anthropic_key, litellm.api_key, *(_secret(name) for name in _KEY_VARIABLES))


def _deployment(named: Mapping[str, object]) -> str:
    info = named.get("model_info")
    return str((info.get("id") if isinstance(info, Mapping) else None) or named.get("model") or "unnamed")


def _secret(name: str) -> str | None:
    from litellm.secret_managers.main import get_secret_str

    return get_secret_str(name)
