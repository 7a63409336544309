"""A client's own OAuth token in the proxy: it travels beside the LiteLLM key and is never taken for it.

What the proxy's touches share: which header holds the LiteLLM key, how a token is carried to the call, and what an error says.

Upstream: BerriAI/litellm#19618
Remove when: upstream's proxy sends a client's token on every route, to Anthropic alone, and answers a token used as the LiteLLM key with 401.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, cast

import httpx
import litellm
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from litellm.litellm_core_utils.client_token import allowed_origins, causes, is_clients_own_failure, refuse_origin, scope_for
from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import (
    ANTHROPIC_ORIGIN,
    OAUTH_PROVIDERS,
    CarriedToken,
    InvalidTokenError,
    ScopedHeaders,
    has_token,
    masked,
    merge_betas,
    set_anthropic_headers,
    token_in_headers,
    without_oauth,
)
from litellm.proxy._types import LiteLLMRoutes, ProxyErrorTypes, ProxyException
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

# Where LiteLLM looks for its key, in its order.
_KEY_HEADERS: Final = ("x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key")
# How upstream's own signed routes say, in a request's state, what bytes to send.
_RAW_BODY: Final = "litellm_pass_through_raw_body"
_PASS_PREFIX: Final = "x-pass-"
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


class ClientTokenRoute(APIRoute):
    """A route that serves only requests with a client's own OAuth token, and leaves every other to the routes after it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not has_token(Headers(scope=scope)):
            return Match.NONE, {}
        return super().matches(scope)


def litellm_key(headers: Mapping[str, str], custom_header: str | None) -> str | None:
    """The LiteLLM key that a request carries, without its scheme: the first key header in LiteLLM's order that is no OAuth token."""
    lower = {name.lower(): value for name, value in headers.items()}
    names = _KEY_HEADERS if custom_header is None else (custom_header.lower(), *_KEY_HEADERS)
    return next((_bare(lower[name]) for name in names if lower.get(name) and not has_token({"authorization": lower[name]})), None)


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
        kept = {name: value for name, value in kept.items() if name.lower() not in _KEY_HEADERS or _bare(value) != key}
        with _errors_for_the_client():
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
        refused = proxy_server.master_key is not None and proxy_server.user_custom_auth is None and _custom_key_header() is None
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
    """Make the handler of proxy errors answer a token's own failure with Anthropic's type and `retry-after`, and in its shape on its routes."""

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
        answer = JSONResponse({"type": "error", "error": {"type": exc.type, "message": exc.message}}, status_code=status, headers=exc.headers)
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


def prefers_client_token(build: Callable[..., Mapping[str, str]]) -> Callable[..., Mapping[str, str]]:
    """Make the headers of the `/anthropic/*` pass-through carry the client's token, where it may go, in place of the proxy's own credential."""

    @functools.wraps(build)
    def built(request: Request, user_api_key_dict: object, proxy_auth_header: Mapping[str, str] | None) -> Mapping[str, str]:
        base = os.getenv("ANTHROPIC_API_BASE") or os.getenv("ANTHROPIC_BASE_URL") or ANTHROPIC_ORIGIN
        scoped = _scoped(request, "anthropic", base)
        if scoped.token is not None:
            headers = build(request, user_api_key_dict, {"authorization": f"Bearer {scoped.token}"})
            return cast("Mapping[str, str]", set_anthropic_headers(headers, scoped.token))
        if scoped.refused_origin is None:
            return build(request, user_api_key_dict, proxy_auth_header)
        with _errors_for_the_client():
            refuse_origin(scoped.refused_origin, "/anthropic pass-through", has_own_credential=proxy_auth_header is not None)
        headers = build(request, user_api_key_dict, proxy_auth_header)
        return headers if has_token(headers) else cast("Mapping[str, str]", without_oauth(headers))

    return built


def keeps_client_tokens_home(send: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make a pass-through request with a client's token go out as it came where the target may have the token, and without it elsewhere."""

    @functools.wraps(send)
    async def sent(
        request: Request, target: str, custom_headers: Mapping[str, str], user_api_key_dict: object, forward_headers: bool | None = False, **kwargs: Any
    ) -> object:
        if has_token(request.headers):
            if _scoped(request, "anthropic", target).token is not None:
                # Upstream reads the query into a dictionary, which keeps one value a name, and sends an empty JSON object for no body.
                kwargs["query_params"] = kwargs.get("query_params") or httpx.QueryParams(request.url.query)
                if "multipart/form-data" not in request.headers.get("content-type", "") and not await request.body():
                    setattr(request.state, _RAW_BODY, b"")
            else:
                with_own = token_in_headers(custom_headers) != token_in_headers(request.headers)
                custom_headers = custom_headers if with_own else cast("Mapping[str, str]", without_oauth(custom_headers))
                if forward_headers:
                    client = cast("dict[str, str]", without_oauth(dict(request.headers)))
                    custom_headers, forward_headers = forwarded_headers(client, custom_headers, forward_headers), False
        sending = send(
            request=request, target=target, custom_headers=custom_headers, user_api_key_dict=user_api_key_dict, forward_headers=forward_headers, **kwargs
        )
        if not has_token(request.headers):
            return await sending
        try:
            return await sending
        except ProxyException as error:
            refused = next((each for each in causes(error) if isinstance(each, httpx.HTTPStatusError)), None)
            if refused is None:
                raise
            return await _as_it_was_answered(refused.response)

    return sent


async def _as_it_was_answered(answer: httpx.Response) -> Response:
    """An answer as it came, for a release that makes an error of its own of a refusal."""
    framing = {"content-length", "content-encoding", "transfer-encoding", "connection"}
    headers = {name: value for name, value in answer.headers.items() if name not in framing}
    return Response(await answer.aread(), status_code=answer.status_code, headers=headers)


def redacts_request_headers(describe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make the description of a pass-through request, which every callback is given, hold no credential of its headers."""

    @functools.wraps(describe)
    def described(*args: object, **kwargs: object) -> dict[str, Any]:
        described_call = describe(*args, **kwargs)
        request = described_call["litellm_params"]["proxy_server_request"]
        secret = {*_KEY_HEADERS, (_custom_key_header() or "").lower()}
        request["headers"] = {name: "REDACTED" if name.lower() in secret else value for name, value in request["headers"].items()}
        return described_call

    return described


def sends_no_body_for_none(send: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make a release's sender of pass-through requests, which does not ask what bytes to send, send none where there are none."""

    @functools.wraps(send)
    async def sent(*, request: Request, _parsed_body: object = None, **kwargs: Any) -> object:
        nothing = getattr(request.state, _RAW_BODY, None) == b""
        return await send(request=request, _parsed_body=None if nothing else _parsed_body, **kwargs)

    return sent


def has_own_token(request: Request) -> bool:
    """Whether a request carries a client's own OAuth token."""
    return has_token(request.headers)


def anthropic_pass_through_headers(request: Request, key: str | None) -> Mapping[str, str]:
    """The headers of a pass-through to Anthropic, for a release that forwards all it gets: the client's, with one credential.

    Raises ProxyException where there is none to send.
    """
    litellms = litellm_key(request.headers, _custom_key_header())
    hop = {"host", "content-length"}
    client = {name: value for name, value in request.headers.items() if name not in hop and (litellms is None or _bare(value) != litellms)}

    def build(request: Request, user_api_key_dict: object, own: Mapping[str, str] | None) -> Mapping[str, str]:
        if own is None and not {"authorization", "x-api-key"} & client.keys():
            message = "No credential for Anthropic: set ANTHROPIC_API_KEY in the proxy, or send an OAuth token in `Authorization`."
            raise ProxyException(message=message, type=ProxyErrorTypes.auth_error, param=None, code=401)
        return {**client, **(own or {})}

    own = AnthropicModelInfo.get_api_key(key)
    credential = None if own is None else cast("Mapping[str, str]", set_anthropic_headers({}, own))
    return prefers_client_token(build)(request, None, credential)


def forwarded_headers(request_headers: dict[str, str], headers: Mapping[str, str], forward_headers: bool | None = False) -> dict[str, str]:
    """What a pass-through sends: as upstream puts it together, but betas beside a token are kept, and the LiteLLM key stays at home.

    A client's `x-pass-` headers overwrite what is there, under any name.
    """
    from litellm.passthrough.utils import BasePassthroughUtils

    key = litellm_key(request_headers, _custom_key_header())
    passed = {name: value for name, value in request_headers.items() if not name.lower().startswith(_PASS_PREFIX) or _bare(value) != key}
    result = BasePassthroughUtils.forward_headers_from_request(passed, dict(headers), forward_headers)
    if has_token(headers) and result.get("anthropic-beta") != headers.get("anthropic-beta"):
        result["anthropic-beta"] = merge_betas(headers.get("anthropic-beta"), result.get("anthropic-beta"))
    return result


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


def serves_client_tokens(startup: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """Make the proxy's start refuse an origin setting that is not valid, and put the Anthropic pass-through first for clients' tokens."""

    @functools.wraps(startup)
    async def started(app: Any) -> AsyncIterator[Any]:
        async with contextlib.asynccontextmanager(startup)(app) as state:
            allowed_origins()
            from litellm.proxy.pass_through_endpoints.llm_passthrough_endpoints import anthropic_proxy_route

            methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
            app.router.routes.insert(0, ClientTokenRoute("/anthropic/{endpoint:path}", anthropic_proxy_route, methods=methods))
            yield state

    return started


def _scoped(request: Request, provider: str, base: str) -> ScopedHeaders:
    with _errors_for_the_client():
        return scope_for(dict(request.headers), provider, (base,))


@contextlib.contextmanager
def _errors_for_the_client() -> Iterator[None]:
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


def _custom_key_header() -> str | None:
    from litellm.proxy.proxy_server import general_settings

    header = general_settings.get("litellm_key_header_name")
    return header if isinstance(header, str) else None


def _bare(value: str) -> str:
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()
