"""A client's own OAuth token in the proxy: it travels beside the LiteLLM key and is never taken for it.

What the proxy's touches share: which header holds the LiteLLM key, how a token is carried to the call, and what an error says.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream's proxy sends a client's token on every route, to Anthropic alone, and answers one used as the LiteLLM key with 401.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, cast

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from litellm.proxy._types import LiteLLMRoutes, ProxyErrorTypes, ProxyException

import litellm
from litellm.litellm_core_utils.client_token import causes, is_clients_own_failure
from litellm.llms.anthropic.oauth import (
    OAUTH_PROVIDERS,
    CarriedToken,
    InvalidTokenError,
    has_token,
    masked,
    token_in_headers,
    without_oauth,
)

# Where LiteLLM looks for its key, in its order.
KEY_HEADERS: Final = ("x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key")
_ANTHROPICS_ERROR_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_ANTHROPIC_ROUTES: Final = ("/v1/messages", "/anthropic/")


class TokenAsKeyError(ProxyException):
    """An OAuth token stands where the LiteLLM key is expected."""

    def __init__(self, header: str = "x-litellm-api-key") -> None:
        super().__init__(
            message=f"An Anthropic OAuth token is no LiteLLM key. Send your LiteLLM key in `{header}`, and the token in `Authorization`.",
            type=ProxyErrorTypes.auth_error,
            param=None,
            code=401,
        )


def litellm_key(headers: Mapping[str, str], custom_header: str | None) -> str | None:
    """The LiteLLM key that a request carries, without its scheme: the first key header in LiteLLM's order that is no OAuth token."""
    lower = {name.lower(): value for name, value in headers.items()}
    names = KEY_HEADERS if custom_header is None else (custom_header.lower(), *KEY_HEADERS)
    return next((bare(lower[name]) for name in names if lower.get(name) and not has_token({"authorization": lower[name]})), None)


def carries_client_token(clean_headers: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Make the cleaning of a request's headers keep its client's token, to be carried to the call, and no header with the LiteLLM key."""

    @functools.wraps(clean_headers)
    def cleaned(
        headers: Mapping[str, str],
        litellm_key_header_name: str | None = None,
        **kwargs: Any,
    ) -> dict[str, str]:
        kept = clean_headers(headers, litellm_key_header_name, **kwargs)
        key = litellm_key(headers, litellm_key_header_name)
        kept = {name: value for name, value in kept.items() if name.lower() not in KEY_HEADERS or bare(value) != key}
        with errors_for_the_client():
            token = token_in_headers(headers)
        if token is None:
            return kept
        return {**cast("dict[str, str]", without_oauth(kept, keep_beta=True)), "authorization": CarriedToken(token)}

    return cleaned


def adds_client_token(add_headers: Callable[..., object]) -> Callable[..., object]:
    """Make the step that takes a request's Anthropic headers along take the client's token, too, for the policy to scope."""

    @functools.wraps(add_headers)
    def added(data: dict[str, Any], headers: Mapping[str, str]) -> object:
        result = add_headers(data, headers)
        token = headers.get("authorization")
        if isinstance(token, CarriedToken):
            entry = data.get("provider_specific_header") or {"custom_llm_provider": "", "extra_headers": {}}
            providers = {*entry["custom_llm_provider"].split(","), *OAUTH_PROVIDERS} - {""}
            data["provider_specific_header"] = {
                "custom_llm_provider": ",".join(sorted(providers)),
                "extra_headers": {**entry["extra_headers"], "authorization": token},
            }
        return result

    return added


def masks_request_headers(add_data: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Make the step that puts a request's data together, for hooks and logs too, mask tokens in its copies of the request's headers."""

    @functools.wraps(add_data)
    async def added(*args: object, **kwargs: object) -> dict[str, Any]:
        data = await add_data(*args, **kwargs)
        for name, headers in (("secret_fields", "raw_headers"), ("metadata", "headers"), ("litellm_metadata", "headers")):
            holder = data.get(name)
            if isinstance(holder, dict) and headers in holder:
                holder[headers] = masked(holder[headers])
        return data

    return added


def masks_refused_key(handle: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make the handling of a refused LiteLLM key, which tells the callbacks what it was, mask an OAuth token."""

    @functools.wraps(handle)
    async def handled(*args: object, api_key: object, **kwargs: object) -> object:
        return await handle(*args, api_key=masked(api_key), **kwargs)

    return handled


def leaves_tokens_out(get_api_key: Callable[..., tuple[str, str | None]]) -> Callable[..., tuple[str, str | None]]:
    """Make the search for the LiteLLM key pass over an OAuth token, and refuse one where there is nothing else."""

    @functools.wraps(get_api_key)
    def found(**kwargs: Any) -> tuple[str, str | None]:
        from litellm.proxy import proxy_server

        given = kwargs["api_key"]
        if has_token({"authorization": given}):
            kwargs["api_key"] = ""
        key, passed_in = get_api_key(**kwargs)
        if key and not has_token({"authorization": key}):
            return key, passed_in
        if not key and given == kwargs["api_key"]:
            return key, passed_in
        refused = proxy_server.master_key is not None and proxy_server.user_custom_auth is None and custom_key_header() is None
        if refused and kwargs["route"] not in LiteLLMRoutes.public_routes.value:
            raise TokenAsKeyError
        return get_api_key(**{**kwargs, "api_key": given})

    return found


def refuses_tokens(get_key_from_header: Callable[..., str]) -> Callable[..., str]:
    """Make the search in the operator's own key header refuse an OAuth token there, or one that stands alone in `Authorization`."""

    @functools.wraps(get_key_from_header)
    def found(request: Request, custom_litellm_key_header_name: str) -> str:
        key = get_key_from_header(request=request, custom_litellm_key_header_name=custom_litellm_key_header_name)
        if has_token({"authorization": key}) or (not key and has_token(request.headers)):
            raise TokenAsKeyError(custom_litellm_key_header_name)
        return key

    return found


def answers_as_anthropic(handler: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Make the handler of proxy errors answer a token's own failure as Anthropic does: type, `retry-after`, and shape on its routes."""

    @functools.wraps(handler)
    async def answered(request: Request, exc: ProxyException) -> Response:
        from litellm.proxy.auth.auth_utils import get_request_route

        own = next((each for each in causes(exc) if is_clients_own_failure(each)), None)
        if own is None and not isinstance(exc, TokenAsKeyError):
            return await handler(request, exc)
        status = int(exc.code or 401)
        exc.type = _ANTHROPICS_ERROR_TYPES.get(status, exc.type)
        if not get_request_route(request).startswith(_ANTHROPIC_ROUTES):
            return _with_retry_after(await handler(request, exc), exc)
        answer = JSONResponse(
            {"type": "error", "error": {"type": exc.type, "message": exc.message}}, status_code=status, headers=exc.headers
        )
        return _with_retry_after(answer, exc)

    return answered


def answers_clients_own_failures(handle: Callable[..., ProxyException]) -> Callable[..., ProxyException]:
    """Make the conversion of an error for the client keep the status and type of one that the client's own token earned.

    Upstream asks its database client about every error, and fails itself where none is installed.
    """

    @functools.wraps(handle)
    def handled(e: Exception, *args: object, **kwargs: object) -> ProxyException:
        if not is_clients_own_failure(e):
            return handle(e, *args, **kwargs)
        status = cast("Any", e).status_code
        return ProxyException(message=str(e), type=_ANTHROPICS_ERROR_TYPES[status], param=None, code=status)

    return handled


def passes_retry_after_on(render: Callable[..., Response]) -> Callable[..., Response]:
    """Make the rendering of an error in Anthropic's shape pass on the `retry-after` of a failure that the client's own token earned."""

    @functools.wraps(render)
    def rendered(exc: ProxyException, request: Request) -> Response:
        return _with_retry_after(render(exc, request), sys.exc_info()[1] or exc)

    return rendered


def counts_with_client_token(endpoint: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make counting tokens ask Anthropic with the client's own token and betas, and answer what Anthropic answers."""

    @functools.wraps(endpoint)
    async def counted(request: Request, user_api_key_dict: object) -> object:
        if not has_token(request.headers):
            return await endpoint(request, user_api_key_dict)
        from litellm.proxy.client_token_count import count_with_clients_token

        counted_by_anthropic = await count_with_clients_token(request)
        return await endpoint(request, user_api_key_dict) if counted_by_anthropic is None else counted_by_anthropic

    return counted


@contextlib.contextmanager
def errors_for_the_client() -> Iterator[None]:
    """What the policy refuses, as an error the proxy's own handlers render on every route."""
    try:
        yield
    except (InvalidTokenError, litellm.AuthenticationError) as error:
        message = getattr(error, "message", str(error))
        raise ProxyException(message=message, type=ProxyErrorTypes.auth_error, param=None, code=401) from None


def _with_retry_after(response: Response, error: BaseException | None) -> Response:
    """The response with Anthropic's `retry-after`, if the error, or one it was raised for, was earned by the client's own token."""
    from litellm.litellm_core_utils.exception_mapping_utils import _get_response_headers

    chain = causes(error)
    if any(is_clients_own_failure(each) for each in chain):
        answered = (_get_response_headers(each) or {} for each in chain if isinstance(each, Exception))
        retry_after = next((headers["retry-after"] for headers in answered if "retry-after" in headers), None)
        if retry_after is not None:
            response.headers["retry-after"] = retry_after
    return response


def custom_key_header() -> str | None:
    """The header that the operator has LiteLLM look for its key in; None where it looks in its usual ones."""
    from litellm.proxy.proxy_server import general_settings

    header = general_settings.get("litellm_key_header_name")
    return header if isinstance(header, str) else None


def bare(value: str) -> str:
    """A credential header's value without a `Bearer` scheme."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()
