"""Whose failure it is: what a caller's own token earned is the caller's, and a call without a credential says nothing of its deployment.

Upstream counts, retries and cools down by status alone: one user's expired or limited token takes a deployment away from all.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned, and retries none of them.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, ParamSpec, TypeVar

import httpx
import openai

import litellm
from litellm.litellm_core_utils.wrapped_calls import by_name, runs_within

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final
R = TypeVar("R")  # rebind-ok: mypy takes no TypeVar that is Final
E = TypeVar("E", bound=BaseException)  # rebind-ok: mypy takes no TypeVar that is Final
# https://docs.anthropic.com/en/api/errors
ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}
_OWN: Final = "earned_by_the_callers_own_token"
_ANTHROPICS: Final = "status_of_anthropics_own_failure"
_NOTHING_SENT: Final = "no_credential_to_send"
_MISSING: Final = ("Missing Anthropic API Key", "Anthropic API key is required", "is required for Skills API")
_WHAT_TO_SET: Final = "Pass api_key, or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN."


def is_clients_own_failure(error: object) -> bool:
    """Whether a call failed with a 4xx that its caller's own token earned, also where LiteLLM has wrapped it: in an error of a stream."""
    return any(getattr(each, _OWN, False) is True for each in (error, getattr(error, "original_exception", None)))


def status_of_anthropics_own(error: object) -> int | None:
    """The 5xx that Anthropic answered a caller's own token with, where LiteLLM's error may say another; None for any other failure."""
    return getattr(error, _ANTHROPICS, None)


def says_nothing_of_deployment(error: object) -> bool:
    """Whether a failure is no sign of its deployment's health: the caller's own token earned it, or no credential was there to send."""
    return is_clients_own_failure(error) or getattr(error, _NOTHING_SENT, False) is True


def authentication_error(message: str) -> litellm.AuthenticationError:
    """A 401 of LiteLLM's own, for what is decided before anything is sent."""
    error: Final = litellm.AuthenticationError(message=message, llm_provider="anthropic", model="")
    setattr(error, _NOTHING_SENT, True)
    return error


def missing_credential() -> litellm.AuthenticationError:
    """The error of a call that has nothing to send, which names what to set."""
    return authentication_error(f"Missing Anthropic API Key. {_WHAT_TO_SET}")


def causes(error: BaseException | None) -> Sequence[BaseException]:
    """An error and all it was raised for, nearest first."""
    chain: Final[list[BaseException]] = []  # mutable-ok: built here
    waiting: Final = [error]
    while waiting:
        each = waiting.pop(0)
        if each is not None and all(each is not known for known in chain):
            chain.append(each)
            waiting.extend((each.__cause__, each.__context__))
    return chain


def hide_tokens(error: BaseException) -> None:
    """Mask the credentials in the requests that an error and its causes hold, for whoever looks into them."""
    from litellm.litellm_core_utils.oauth_masking import masked_fields
    from litellm.llms.anthropic.oauth import has_token

    for each in causes(error):
        request = getattr(each, "_request", None)
        if isinstance(request, httpx.Request) and has_token(request.headers):
            request.headers = masked_fields(request.headers)


def marks_failures(
    decorator: Callable[[Callable[P, R]], Callable[P, R]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator of public calls have what each call raises say whose failure it is."""

    @functools.wraps(decorator)
    def marking(function: Callable[P, R]) -> Callable[P, R]:
        return decorator(marks_failure(function))

    return marking


def marks_failure(function: Callable[P, R]) -> Callable[P, R]:
    """Make what a call raises say whose failure it is, by the `api_key` that it is made with."""

    @contextlib.contextmanager
    def marked(arguments: Mapping[str, object]) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if (other := failure_of_call(error, arguments.get("api_key"))) is not error:
                raise other from error
            raise

    return runs_within(marked, function)


def failure_of_call(error: Exception, api_key: object) -> Exception:
    """What a call raises for an error: the same, marked with whose failure it is, or LiteLLM's own where Anthropic's status was lost.

    api_key: the call's own, or its caller's token.
    """
    hide_tokens(error)
    if any(words in str(error) for words in _MISSING):
        return _missing_credential(error)
    answered: Final = next(
        (each for each in causes(error) if not isinstance(each, openai.OpenAIError) and _status(each) >= 400), None
    )
    raised: Final = _with_status_of(answered, error, api_key)
    mark_clients_own(raised, api_key)
    return raised


def _with_status_of(answered: BaseException | None, error: Exception, api_key: object) -> Exception:
    if isinstance(error, httpx.HTTPStatusError) and _sent_token(error):
        return _as_answered(error)
    if not _is_clients(api_key) or answered is None:
        return error
    if _status(answered) >= 500:
        setattr(error, _ANTHROPICS, _status(answered))
        return error
    return error if _status(error) == _status(answered) else _as_answered(answered)


def mark_clients_own(error: BaseException, api_key: object) -> None:
    """Mark a 4xx that a call with its caller's token failed with, whenever it comes: as a status, or as an event of a stream."""
    if _is_clients(api_key) and 400 <= _status(error) < 500:
        as_clients_own(error)


def as_clients_own(error: E) -> E:
    """The error, marked as one that its caller's own token earned."""
    setattr(error, _OWN, True)
    return error


def keeps_whose_it_is(map_error: Callable[P, R]) -> Callable[P, R]:
    """Make the mapping of a provider's error to LiteLLM's own raise it with the mark of what it was mapped from."""
    names: Final = [*inspect.signature(map_error).parameters]

    @functools.wraps(map_error)
    def mapped(*args: P.args, **kwargs: P.kwargs) -> R:  # kwargs-ok: handed on
        try:
            return map_error(*args, **kwargs)
        except Exception as error:
            if is_clients_own_failure(by_name(names, args, kwargs)["original_exception"]):
                as_clients_own(error)
            raise

    return mapped


def sent_until_refused(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that is tried again raise what its caller's token was refused with, in place of sending it once more.

    Raises a refusal that is being handled already: upstream tries a call again where it handles its failure.
    """
    refused: Final = [error for error in (sys.exc_info()[1],) if is_clients_own_failure(error)]

    @contextlib.contextmanager
    def final(_: Mapping[str, object]) -> Iterator[None]:
        for error in filter(None, refused):
            raise error
        try:
            yield
        except Exception as error:
            if is_clients_own_failure(error):
                refused.append(error)
            raise

    with final({}):
        pass
    return runs_within(final, function)


def _is_clients(api_key: object) -> bool:
    from litellm.llms.anthropic.oauth import OAuthToken

    return isinstance(api_key, OAuthToken) and not api_key.configured


def _missing_credential(error: Exception) -> Exception:
    says_too_little: Final = type(error) is ValueError and "ANTHROPIC_API_KEY" not in str(error)
    told: Final = ValueError(f"{error}. {_WHAT_TO_SET}") if says_too_little else error
    setattr(told, _NOTHING_SENT, True)
    return told


def _sent_token(error: httpx.HTTPStatusError) -> bool:
    from litellm.llms.anthropic.oauth import has_token

    return has_token(error.request.headers)


def _status(error: BaseException) -> int:
    status: Final = getattr(error, "status_code", None) or getattr(
        getattr(error, "response", None), "status_code", None
    )
    return status if isinstance(status, int) else 0


# What framed Anthropic's body says nothing of the body the proxy writes: a client would wait for bytes that never come.
_FRAMING: Final = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


def _as_answered(error: BaseException) -> Exception:
    """LiteLLM's error for the status and body that Anthropic answered with, where a release lets httpx's out or maps it to another."""
    from litellm.litellm_core_utils.exception_mapping_utils import _get_response_headers

    response: Final = getattr(error, "response", None)
    said: Final = getattr(error, "message", None) if response is None else response.text
    sent: Final = _get_response_headers(error) if isinstance(error, Exception) else None
    headers: Final = {name: value for name, value in dict(sent or {}).items() if name.lower() not in _FRAMING}
    answer: Final = httpx.Response(
        _status(error), headers=headers, request=httpx.Request("POST", "https://api.anthropic.com")
    )
    kinds: Final[Mapping[int, Callable[..., Exception]]] = {
        400: litellm.BadRequestError,
        401: litellm.AuthenticationError,
        403: litellm.exceptions.PermissionDeniedError,
        404: litellm.NotFoundError,
        429: litellm.RateLimitError,
    }
    message: Final = f"AnthropicException - {said or error}"
    if (kind := kinds.get(_status(error))) is not None:
        return kind(message=message, llm_provider="anthropic", model="", response=answer)
    raised: Final = litellm.APIError(status_code=_status(error), message=message, llm_provider="anthropic", model="")
    setattr(raised, "headers", headers)  # noqa: B010  # where the proxy looks for them, whatever the error
    return raised
