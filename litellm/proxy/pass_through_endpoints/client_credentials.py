"""A client's credentials in the pass-through routes, Anthropic's and the operator's own.

Upstream's pass-throughs put a request together from what the client sent and a credential of the proxy's own, in each release another way.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream's pass-throughs prefer a client's token, send it to Anthropic alone, and forward the LiteLLM key to nobody.
"""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from itertools import chain
from typing import Any, Final, ParamSpec  # noqa: TID251  # where upstream's types say less than is passed
from urllib.parse import parse_qsl, urlencode

import httpx
from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Scope

from litellm.litellm_core_utils.oauth_failures import causes
from litellm.litellm_core_utils.oauth_scope import scoped_for
from litellm.llms.anthropic import oauth
from litellm.llms.anthropic.oauth_origins import allowed_origins
from litellm.proxy._types import ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.litellm_key import (
    KEY_HEADERS,
    carries_litellm_key,
    custom_key_header,
    errors_for_the_client,
    fields_without_litellm_key,
    without_litellm_key,
)
from litellm.proxy.auth.user_api_key_auth import user_api_key_auth
from litellm.proxy.client_headers import SealsClientTokens, came_with_token
from litellm.proxy.transparency import NotesWhatIsRead, ServesTransparently
from litellm.types.utils import TokenCountResponse

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final

# How upstream's own signed routes say, in a request's state, what bytes to send.
RAW_BODY: Final = "litellm_pass_through_raw_body"
_PASS_PREFIX: Final = "x-pass-"
# What Starlette reads as a form, whose body is gone then.
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


class AsItCame(str):
    """A client's header: httpx writes the bytes that came, where it would refuse a text beyond ASCII."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("latin-1", errors)


class ClientTokenRoute(APIRoute):
    """A route that serves only requests with a client's own OAuth token, and leaves every other to the routes after it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not came_with_token(scope):
            return Match.NONE, {}
        return super().matches(scope)


def serves_client_tokens(startup: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    """Make the proxy's start refuse an origin setting that is not valid, seal clients' tokens, and ask Anthropic's routes first."""

    @functools.wraps(startup)
    async def started(app: FastAPI) -> AsyncIterator[Any]:
        async with contextlib.asynccontextmanager(startup)(app) as state:
            allowed_origins()
            from litellm.proxy.anthropic_endpoints import endpoints
            from litellm.proxy.anthropic_endpoints.client_token_count import token_counter
            from litellm.proxy.pass_through_endpoints.llm_passthrough_endpoints import anthropic_proxy_route

            methods, asks_for_key = ["GET", "POST", "PUT", "DELETE", "PATCH"], [Depends(user_api_key_auth)]
            built: Final[Any] = app.middleware_stack
            app.middleware_stack = SealsClientTokens(ServesTransparently(built))  # rebind-ok: of this very app
            app.router.middleware_stack = NotesWhatIsRead(app.router.middleware_stack)  # rebind-ok: as above
            first: Final = (
                ClientTokenRoute("/anthropic/{endpoint:path}", anthropic_proxy_route, methods=methods),
                ClientTokenRoute(
                    "/utils/token_counter",
                    token_counter,
                    methods=["POST"],
                    dependencies=asks_for_key,
                    response_model=TokenCountResponse,
                ),
                # LiteLLM asks hundreds of routes in turn, which takes longer than all that is done for a token. Upstream means to ask
                # `/v1/messages` first, and newer ones of FastAPI keep it in its router, at that router's place.
                *(route for route in endpoints.router.routes if isinstance(route, Route)),
            )
            app.router.routes[:0] = map(_untold, first)  # rebind-ok: of this very app
            yield state

    return started


def _untold(route: Route) -> Route:
    """The route, left out of the schema that the proxy tells of: there, it stands where and as LiteLLM has it."""
    untold: Final = copy.copy(route)
    untold.include_in_schema = False
    return untold


def clients_credential(request: Request, base: str, own: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """What a pass-through to Anthropic's base authenticates with: the client's token, where it may go, and otherwise the proxy's own.

    Raises ProxyException for a malformed token, and for one that is refused where the proxy has nothing of its own to send.
    """
    if not oauth.has_token(request.headers):
        return own
    with errors_for_the_client():
        scoped: Final = scoped_for(
            request.headers, "anthropic", (base,), own_key="set" if own else None, deployment="/anthropic pass-through"
        )
    return own if scoped.token is None else oauth.set_anthropic_headers({}, scoped.token)


def query_of(request: Request, given: Mapping[str, str] | None, user: UserAPIKeyAuth) -> Any:  # noqa: ANN401  # no dict, as upstream's type says
    """The query that a pass-through sends, each value of a name, without what has a credential in its name or its value.

    Upstream reads it into a dictionary, which keeps one value a name, and hands some of its routes' own on.
    """
    query: Final = list(given.items()) if given else parse_qsl(request.url.query, keep_blank_values=True)
    passed: Final[Any] = [
        pair
        for pair in query
        if not any(oauth.holds_token(each) or carries_litellm_key(str(each), user) for each in pair)
    ]
    if len(passed) < len(query):
        request.scope["query_string"] = urlencode(passed).encode()  # rebind-ok: this very request is forwarded
        for cached in ("_query_params", "_url"):
            request.__dict__.pop(cached, None)
    return httpx.QueryParams(passed)


async def credentials_for(
    request: Request, target: str, custom_headers: Mapping[str, str], user: UserAPIKeyAuth, forward_headers: bool | None
) -> dict[str, str]:  # mutable-ok: upstream wants one
    """The headers that a pass-through sends beside what it forwards, with the one credential that may go to its target.

    The client's own credentials are taken off the request: what upstream forwards of it holds neither token nor LiteLLM key.
    """
    client, to_anthropic = request.headers, oauth.may_send_to(target, allowed_origins())
    provider: Final = "anthropic" if to_anthropic else None
    has_token: Final = oauth.has_token(client)
    with errors_for_the_client():
        token: Final = (
            scoped_for(client, provider, (target,), own_key=None, deployment=target).token if has_token else None
        )
    own: Final = oauth.token_in_headers(custom_headers)
    came_along: Final = own is not None and own in [
        oauth.oauth_token(value) for value in client.values() if oauth.is_anthropic_oauth_key(value)
    ]
    _take_credentials_off(request, user, keep_oauth_beta=to_anthropic or not has_token)
    if token is not None and (came_along or forward_headers):
        if not client.get("content-type", "").lower().startswith(_FORMS) and not await request.body():
            # Upstream sends an empty JSON object for no body.
            setattr(request.state, RAW_BODY, b"")
        return oauth.set_anthropic_headers(custom_headers, token)
    if own is not None and not came_along:
        return oauth.set_anthropic_headers(custom_headers, own)
    return oauth.without_oauth(custom_headers) if has_token else dict(custom_headers)


def _take_credentials_off(request: Request, user: UserAPIKeyAuth, *, keep_oauth_beta: bool) -> None:
    fields: Final = fields_without_litellm_key(request.headers, custom_key_header(), user)
    clean: Final = (oauth.without_oauth({name: value}, keep_oauth_beta=keep_oauth_beta) for name, value in fields)
    kept: Final = [*chain.from_iterable(each.items() for each in clean)] if oauth.has_token(request.headers) else fields
    if kept != request.headers.items():
        raw: Final = [(name.encode("latin-1"), str(value).encode("latin-1")) for name, value in kept]
        request.scope["headers"] = raw  # rebind-ok: this very request is forwarded
        request.__dict__.pop("_headers", None)
        request.state._cached_headers = None  # rebind-ok: as above


def answers_as_it_was_answered(send: Callable[P, Awaitable[object]]) -> Callable[P, Awaitable[object]]:
    """Make a pass-through request with a client's token answer a refusal as it came, where a release makes an error of its own of it."""

    @functools.wraps(send)
    async def sent(*args: P.args, **kwargs: P.kwargs) -> object:  # kwargs-ok: handed on
        request: Final[Any] = args[0] if args else kwargs["request"]
        had_token: Final = oauth.has_token(request.headers)
        try:
            return await send(*args, **kwargs)
        except ProxyException as error:
            refused: Final = next((each for each in causes(error) if isinstance(each, httpx.HTTPStatusError)), None)
            if refused is None or not had_token:
                raise
            answer: Final = refused.response
            framing: Final = {"content-length", "content-encoding", "transfer-encoding", "connection"}
            headers: Final = {name: value for name, value in answer.headers.items() if name not in framing}
            return Response(await answer.aread(), status_code=answer.status_code, headers=headers)

    return sent


def forwarded_headers(
    request_headers: Mapping[str, str], headers: Mapping[str, str], forward_headers: bool | None = False
) -> Mapping[str, str]:
    """What a pass-through sends: as upstream puts it together, but betas beside a token are kept.

    A client's `x-pass-` headers overwrite what is there, under any name: those with a token or the LiteLLM key in them do not.
    """
    from litellm.passthrough.utils import BasePassthroughUtils

    overwriting: Final = {name for name in request_headers if name.lower().startswith(_PASS_PREFIX)}
    clean: Final = without_litellm_key(request_headers, custom_key_header()) if overwriting else request_headers
    passed: Final = {
        name: value
        for name, value in request_headers.items()
        if name not in overwriting or (name in clean and not oauth.holds_token(value))
    }
    built: Final = BasePassthroughUtils.forward_headers_from_request(passed, dict(headers), forward_headers)
    result: Final = {**built}
    if oauth.has_token(headers) and result.get("anthropic-beta") != headers.get("anthropic-beta"):
        result["anthropic-beta"] = oauth.merge_betas(headers.get("anthropic-beta"), result.get("anthropic-beta"))
    if not oauth.has_token(headers):
        return result
    return {name: value if value.isascii() else AsItCame(value) for name, value in result.items()}


def redacts_request_headers(describe: Callable[P, Mapping[str, Any]]) -> Callable[P, Mapping[str, Any]]:
    """Make the description of a pass-through request, which every callback is given, hold no credential of its headers."""

    @functools.wraps(describe)
    def described(*args: P.args, **kwargs: P.kwargs) -> Mapping[str, Any]:  # kwargs-ok: handed on
        described_call: Final = describe(*args, **kwargs)
        request: Final = described_call["litellm_params"]["proxy_server_request"]
        secret: Final = {*KEY_HEADERS, (custom_key_header() or "").lower()}
        request["headers"] = {
            name: "REDACTED" if name.lower() in secret else value for name, value in request["headers"].items()
        }
        return described_call

    return described
