"""A client's own OAuth token in the pass-through routes, Anthropic's and others'.

Upstream's pass-throughs put a request together from what the client sent and a credential of the proxy's own, in each release another way.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream's pass-throughs prefer a client's token, and send it to Anthropic alone.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, cast

import httpx
from fastapi import Request, Response
from fastapi.routing import APIRoute
from litellm.proxy._types import ProxyErrorTypes, ProxyException
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from litellm.litellm_core_utils.client_token import allowed_origins, causes, refuse_origin, scope_for
from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import (
    ANTHROPIC_ORIGIN,
    ScopedHeaders,
    has_token,
    merge_betas,
    set_anthropic_headers,
    token_in_headers,
    without_oauth,
)
from litellm.proxy.client_tokens import KEY_HEADERS, bare, custom_key_header, errors_for_the_client, litellm_key

# How upstream's own signed routes say, in a request's state, what bytes to send.
_RAW_BODY: Final = "litellm_pass_through_raw_body"
_PASS_PREFIX: Final = "x-pass-"


class ClientTokenRoute(APIRoute):
    """A route that serves only requests with a client's own OAuth token, and leaves every other to the routes after it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not has_token(Headers(scope=scope)):
            return Match.NONE, {}
        return super().matches(scope)


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


def prefers_client_token(build: Callable[..., Mapping[str, str]]) -> Callable[..., Mapping[str, str]]:
    """Make the `/anthropic/*` pass-through send the client's token, where it may go, in place of the proxy's own credential."""

    @functools.wraps(build)
    def built(request: Request, user_api_key_dict: object, proxy_auth_header: Mapping[str, str] | None) -> Mapping[str, str]:
        base = os.getenv("ANTHROPIC_API_BASE") or os.getenv("ANTHROPIC_BASE_URL") or ANTHROPIC_ORIGIN
        scoped = _scoped(request, base)
        if scoped.token is not None:
            headers = build(request, user_api_key_dict, {"authorization": f"Bearer {scoped.token}"})
            return cast("Mapping[str, str]", set_anthropic_headers(headers, scoped.token))
        if scoped.refused_origin is None:
            return build(request, user_api_key_dict, proxy_auth_header)
        with errors_for_the_client():
            refuse_origin(scoped.refused_origin, "/anthropic pass-through", has_own_credential=proxy_auth_header is not None)
        headers = build(request, user_api_key_dict, proxy_auth_header)
        return headers if has_token(headers) else cast("Mapping[str, str]", without_oauth(headers))

    return built


def keeps_client_tokens_home(send: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make a pass-through request with a client's token go out as it came where the target may have the token, and without it elsewhere."""

    @functools.wraps(send)
    async def sent(
        request: Request,
        target: str,
        custom_headers: Mapping[str, str],
        user_api_key_dict: object,
        forward_headers: bool | None = False,
        **kwargs: Any,
    ) -> object:
        if has_token(request.headers):
            if _scoped(request, target).token is not None:
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
            request=request,
            target=target,
            custom_headers=custom_headers,
            user_api_key_dict=user_api_key_dict,
            forward_headers=forward_headers,
            **kwargs,
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


def forwarded_headers(request_headers: dict[str, str], headers: Mapping[str, str], forward_headers: bool | None = False) -> dict[str, str]:
    """What a pass-through sends: as upstream puts it together, but betas beside a token are kept, and the LiteLLM key stays at home.

    A client's `x-pass-` headers overwrite what is there, under any name.
    """
    from litellm.passthrough.utils import BasePassthroughUtils

    key = litellm_key(request_headers, custom_key_header())
    passed = {name: value for name, value in request_headers.items() if not name.lower().startswith(_PASS_PREFIX) or bare(value) != key}
    result = BasePassthroughUtils.forward_headers_from_request(passed, dict(headers), forward_headers)
    if has_token(headers) and result.get("anthropic-beta") != headers.get("anthropic-beta"):
        result["anthropic-beta"] = merge_betas(headers.get("anthropic-beta"), result.get("anthropic-beta"))
    return result


def redacts_request_headers(describe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Make the description of a pass-through request, which every callback is given, hold no credential of its headers."""

    @functools.wraps(describe)
    def described(*args: object, **kwargs: object) -> dict[str, Any]:
        described_call = describe(*args, **kwargs)
        request = described_call["litellm_params"]["proxy_server_request"]
        secret = {*KEY_HEADERS, (custom_key_header() or "").lower()}
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
    litellms = litellm_key(request.headers, custom_key_header())
    hop = {"host", "content-length"}
    client = {name: value for name, value in request.headers.items() if name not in hop and (litellms is None or bare(value) != litellms)}

    def build(request: Request, user_api_key_dict: object, own: Mapping[str, str] | None) -> Mapping[str, str]:
        if own is None and not {"authorization", "x-api-key"} & client.keys():
            message = "No credential for Anthropic: set ANTHROPIC_API_KEY in the proxy, or send an OAuth token in `Authorization`."
            raise ProxyException(message=message, type=ProxyErrorTypes.auth_error, param=None, code=401)
        return {**client, **(own or {})}

    own = AnthropicModelInfo.get_api_key(key)
    credential = None if own is None else cast("Mapping[str, str]", set_anthropic_headers({}, own))
    return prefers_client_token(build)(request, None, credential)


async def _as_it_was_answered(answer: httpx.Response) -> Response:
    """An answer as it came, for a release that makes an error of its own of a refusal."""
    framing = {"content-length", "content-encoding", "transfer-encoding", "connection"}
    headers = {name: value for name, value in answer.headers.items() if name not in framing}
    return Response(await answer.aread(), status_code=answer.status_code, headers=headers)


def _scoped(request: Request, base: str) -> ScopedHeaders:
    with errors_for_the_client():
        return scope_for(dict(request.headers), "anthropic", (base,))
