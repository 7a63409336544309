"""What a client is told of its own failure: Anthropic's status and type, and `retry-after`, in the shape of the route it asked on.

Intent: failures
Upstream: none yet
Remove when: upstream answers auth errors in Anthropic's shape on its routes, keeps the provider's error type and passes retry-after on.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

import openai
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from litellm.litellm_core_utils.oauth_failures import (
    ERROR_TYPES,
    causes,
    is_clients_own_failure,
    status_of_anthropics_own,
)
from litellm.proxy._types import ProxyException
from litellm.proxy.auth.litellm_key import CredentialError

_OF_ANTHROPICS_OWN: Final = {504: "timeout_error", 529: "overloaded_error"}
_ANTHROPIC_ROUTES: Final = ("/v1/messages", "/anthropic/")


def answers_as_anthropic(handler: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Make the handler of proxy errors answer a client's token as Anthropic did: status, type, `retry-after`, and shape on its routes."""

    @functools.wraps(handler)
    async def answered(request: Request, exc: ProxyException) -> Response:
        from litellm.proxy.auth.auth_utils import get_request_route

        own: Final = next((each for each in causes(exc) if is_clients_own_failure(each)), None)
        anthropics: Final = _anthropics_own(exc)
        if own is None and anthropics is None and not isinstance(exc, CredentialError):
            return await handler(request, exc)
        if own is None and anthropics is not None:
            exc.code = str(anthropics)  # rebind-ok: the handler answers with this very error
            exc.type = _OF_ANTHROPICS_OWN.get(anthropics, "api_error")  # rebind-ok: as above
        status: Final = int(exc.code or 401)
        exc.type = ERROR_TYPES.get(status, exc.type)  # rebind-ok: as above
        if not get_request_route(request).startswith(_ANTHROPIC_ROUTES):
            return _with_retry_after(await handler(request, exc), exc)
        body: Final = {"type": "error", "error": {"type": exc.type, "message": exc.message}}
        return _with_retry_after(JSONResponse(body, status_code=status, headers=exc.headers), exc)

    return answered


def passes_retry_after_on(render: Callable[..., Response]) -> Callable[..., Response]:
    """Make the rendering of an error in Anthropic's shape pass on the `retry-after` of a failure that the client's own token earned."""

    @functools.wraps(render)
    def rendered(exc: ProxyException, request: Request) -> Response:
        return _with_retry_after(render(exc, request), sys.exc_info()[1] or exc)

    return rendered


def _anthropics_own(exc: BaseException | None) -> int | None:
    """The status of Anthropic's own failure, if the nearest of LiteLLM's errors stands for one: no other provider was asked since."""
    nearest: Final = next((each for each in causes(exc) if isinstance(each, openai.OpenAIError)), None)
    return status_of_anthropics_own(nearest)


def clients_own_failure(error: Exception) -> ProxyException:
    """The proxy's error for one that the client's own token earned, with Anthropic's status and type."""
    status: Final[int] = getattr(error, "status_code")  # noqa: B009  # of whichever class: it has one
    kind: Final = ERROR_TYPES.get(status, "api_error")
    return ProxyException(message=str(error), type=kind, param=None, code=status)


def _with_retry_after(response: Response, error: BaseException | None) -> Response:
    """The response with Anthropic's `retry-after`, if the error, or one it was raised for, is what the client's own token was answered."""
    from litellm.litellm_core_utils.exception_mapping_utils import _get_response_headers

    chain: Final = causes(error)
    if any(is_clients_own_failure(each) for each in chain) or _anthropics_own(error) is not None:
        answered: Final[Iterator[Mapping[str, str]]] = (
            _get_response_headers(each) or {} for each in chain if isinstance(each, Exception)
        )
        retry_after: Final = next((headers["retry-after"] for headers in answered if "retry-after" in headers), None)
        if retry_after is not None:
            response.headers["retry-after"] = retry_after  # rebind-ok: this very response is sent
    return response
