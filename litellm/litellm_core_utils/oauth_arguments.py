"""The headers among a call's arguments: plain ones, those scoped to some providers, and lists of either.

LiteLLM imports this before anything of `llms/` can be imported, so the policy is imported where it is called.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider and by origin before it builds a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

Arguments: TypeAlias = dict[str, object]

# Where public calls take headers, the one that wins first, as upstream merges them.
HEADER_ARGUMENTS: Final = ("provider_specific_header", "extra_headers", "headers")


def seal(args: tuple[object, ...], kwargs: Arguments) -> tuple[tuple[object, ...], Arguments]:
    """A call's arguments with a mask for each OAuth token in its headers or as its `api_key`; the same where there is none."""
    from litellm.llms.anthropic.oauth import OAuthToken, holds_token, sealed

    def has_bare_token(headers: Mapping[str, object]) -> bool:
        return any(holds_token(value) and not isinstance(value, OAuthToken) for value in headers.values())

    changes: Final = {
        name: changed_headers(kwargs[name], sealed)
        for name in HEADER_ARGUMENTS
        if any_headers(kwargs.get(name), has_bare_token)
    }
    key: Final = kwargs.get("api_key")
    if holds_token(key) and not isinstance(key, OAuthToken):
        changes["api_key"] = OAuthToken(key, configured=True)
    positional: Final = tuple(sealed(each) if isinstance(each, Mapping) else each for each in args)
    return positional, {**kwargs, **changes} if changes else kwargs


def without_tokens(arguments: Mapping[str, object]) -> Arguments:
    """A call's arguments with no OAuth token in any of its headers, for a call that follows one whose token was refused."""
    from litellm.llms.anthropic.oauth import without_oauth

    return {
        **arguments,
        **{name: changed_headers(arguments[name], without_oauth) for name in HEADER_ARGUMENTS if arguments.get(name)},
    }


def drop_tokens(arguments: Mapping[str, object]) -> None:
    """Take the OAuth tokens out of the headers of a call's arguments in place, where whoever made the call keeps these very ones."""
    if isinstance(arguments, dict):
        arguments.update(without_tokens(arguments))


def any_headers(argument: object, holds: Callable[[Mapping[str, object]], bool]) -> bool:
    """Whether any mapping of headers in a header argument is of a kind."""
    # As most calls have them: no generator is made for these.
    if type(argument) is dict and "extra_headers" not in argument:
        return bool(argument) and holds(argument)
    return bool(argument) and any(map(holds, _mappings(argument)))


def changed_headers(argument: object, change: Callable[[Mapping[str, object]], Mapping[str, object]]) -> object:
    """A header argument with each mapping of headers in it changed, and a lone value as that of a header without a name."""
    if isinstance(argument, (list, tuple)):
        return [changed_headers(entry, change) for entry in argument]
    if not isinstance(argument, Mapping):
        return change({"": argument}).get("")
    inner: Final = argument.get("extra_headers")
    if not isinstance(inner, Mapping):
        return change(argument)
    return {
        **change({name: value for name, value in argument.items() if name != "extra_headers"}),
        "extra_headers": change(inner),
    }


def merged_headers(named: Mapping[str, object], provider: str | None) -> Mapping[str, object]:
    """All headers of a call for a provider: those of the argument that wins, and the betas of all."""
    from litellm.llms.anthropic.oauth import BETA_HEADER, betas_in, merge_betas, name_of

    merged: dict[str, object] = {}  # mutable-ok: built here  # rebind-ok: with each argument
    betas: Final[list[object]] = []  # mutable-ok: built here
    for argument in HEADER_ARGUMENTS:
        for headers in _mappings(named.get(argument), provider):
            betas.append(betas_in(headers))
            merged = {**{name: value for name, value in headers.items() if name_of(name) != BETA_HEADER}, **merged}
    return {**merged, BETA_HEADER: merge_betas(*betas)} if any(betas) else merged


def _mappings(argument: object, provider: str | None = None) -> Iterator[Mapping[str, object]]:
    """The mappings of headers in a header argument: plain headers, or those of entries that are scoped to this provider, or to any.

    A lone value is a header without a name: whatever a caller's argument is, a token in it is found.
    """
    if isinstance(argument, (list, tuple)):
        for entry in argument:
            yield from _mappings(entry, provider)
    elif isinstance(argument, (dict, Mapping)):
        inner: Final = argument.get("extra_headers")
        if not isinstance(inner, Mapping):
            yield argument
        elif provider is None:
            yield from (inner, {name: value for name, value in argument.items() if name != "extra_headers"})
        elif provider in str(argument.get("custom_llm_provider", "")).replace(" ", "").split(","):
            yield inner
    elif argument:
        yield {"": argument}
