"""Counting tokens with a client's own OAuth token, on each route that counts at Anthropic.

Upstream's way to Anthropic's count has no request in it: it asks with the deployment's key, drops the client's betas, and answers a
refusal with an estimate of its own.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream hands the request's headers to its token counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple  # noqa: TID251  # bodies in JSON, on their way to upstream's transformers

import httpx
from fastapi import Request, Response

import litellm
from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION as COUNTING_BETA
from litellm.litellm_core_utils.oauth_failures import ERROR_TYPES
from litellm.litellm_core_utils.oauth_scope import scoped_for
from litellm.llms.anthropic.common_utils import AnthropicModelInfo
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN, OAuthToken, has_token, set_anthropic_headers
from litellm.llms.custom_httpx.http_handler import get_async_httpx_client
from litellm.proxy._types import ProxyException, TokenCountRequest
from litellm.proxy.auth.litellm_key import errors_for_the_client
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body

# Anthropic refuses a count that names what has no part in it, as `max_tokens`.
_COUNTED: Final = ("messages", "system", "tools", "tool_choice")


# What is to be counted, and where, with the client's token, which may go there.
class _Asked(NamedTuple):
    body: Mapping[str, Any]
    model: str
    api_base: str | None
    token: OAuthToken


async def count_with_clients_token(request: Request) -> object:
    """Anthropic's count, or its refusal as it is; None where the token may not go to the model's deployment, or there is none."""
    if (asked := await _asked(request, "messages")) is None:
        return None
    answer: Final = await _answer(asked, asked.body)
    if answer.status_code == 200:
        return {**answer.json(), "litellm_count_source": "provider"}
    return Response(answer.content, answer.status_code, _retry_after(answer), answer.headers.get("content-type"))


async def count_input_with_clients_token(request: Request) -> Mapping[str, object] | None:
    """Anthropic's count of a Responses request; None as above. Raises ProxyException with Anthropic's refusal."""
    if (asked := await _asked(request, "input")) is None:
        return None
    return {"object": "response.input_tokens", **await _count(asked, _of_response), "litellm_count_source": "provider"}


async def token_counter(request: Request, given: TokenCountRequest, call_endpoint: bool = False) -> object:
    """The route `/utils/token_counter` for requests with a client's token; upstream's own has no request to read one from."""
    from litellm.proxy import proxy_server

    if not call_endpoint or (asked := await _asked(request, "messages")) is None:
        return await proxy_server.token_counter(request=given, call_endpoint=call_endpoint)
    counted: Final = await _count(asked, _of_chat)
    about: Final = {
        "request_model": given.model,
        "model_used": asked.model,
        "tokenizer_type": "anthropic_api",
        "count_source": "provider",
    }
    return {**about, "total_tokens": counted["input_tokens"], "original_response": counted}


async def _asked(request: Request, what: str) -> _Asked | None:
    from litellm.proxy.proxy_server import llm_router

    body: Final = await _read_request_body(request=request) if has_token(request.headers) else {}
    if llm_router is None or not body.get(what):
        return None
    try:
        router: Final[Any] = llm_router
        chosen: Final = await router.async_get_available_deployment(model=body["model"], request_kwargs={})
        # Past one where the token may not go: upstream's own endpoint would choose again, and may ask Anthropic with the operator's key.
        deployments: Final = [chosen, *(router.get_model_list(model_name=body["model"]) or ())]
    except Exception:  # noqa: BLE001  # upstream's own endpoint asks again, and says what is wrong or makes an estimate
        return None
    found: Final = (_asked_of(deployment, request.headers, body) for deployment in deployments)
    return next((asked for asked in found if asked is not None), None)


def _asked_of(deployment: Mapping[str, Any], headers: Mapping[str, str], body: Mapping[str, Any]) -> _Asked | None:
    named: Final[Any] = litellm.utils.with_named_credential
    litellm_params: Final = named(dict(deployment["litellm_params"]))
    api_base: Final = litellm_params.get("api_base")
    try:
        name, provider, _, _ = litellm.get_llm_provider(
            litellm_params["model"], litellm_params.get("custom_llm_provider"), api_base
        )
    except litellm.BadRequestError:  # LiteLLM does not know the model, and upstream's own endpoint counts by itself
        return None
    if provider != "anthropic":
        return None
    own: Final = litellm_params.get("api_key") or litellm_params.get("anthropic_federation_rule_id")
    with errors_for_the_client():
        scoped: Final = scoped_for(
            headers, provider, (api_base,), own_key=own, deployment=str(deployment["model_info"].get("id"))
        )
    return None if scoped.token is None else _Asked(body, name, api_base, scoped.token)


async def _count(asked: _Asked, convert: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        body: Final = await asyncio.to_thread(convert, asked.model, asked.body)  # an image may have to be fetched
    except Exception as error:
        # Upstream would convert it another way and ask with the operator's key.
        raise ProxyException(f"Invalid request for token counting: {error}", ERROR_TYPES[400], None, 400) from error
    answer: Final = await _answer(asked, body)
    if answer.status_code == 200:
        counted: Final[Mapping[str, Any]] = answer.json()
        return counted
    message, kind = _refusal(answer)
    raise ProxyException(message, kind, None, answer.status_code, headers=_retry_after(answer))


def _refusal(answer: httpx.Response) -> tuple[str, str]:
    """What an answer says of a refusal, and its type."""
    try:
        error: Final = answer.json()["error"]
        return str(error["message"]), str(error["type"])
    except (ValueError, KeyError, TypeError):
        return answer.text, ERROR_TYPES.get(answer.status_code, "api_error")


def _of_response(model: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from litellm.responses.litellm_completion_transformation.transformation import LiteLLMCompletionResponsesConfig

    options: Final[Any] = asked
    chat: Final = LiteLLMCompletionResponsesConfig.transform_responses_api_request_to_chat_completion_request(
        model=model, input=asked["input"], responses_api_request=options, custom_llm_provider="anthropic"
    )
    chat["messages"] = [
        each if isinstance(each, dict) else each.model_dump(exclude_none=True) for each in chat["messages"]
    ]
    return _of_chat(model, chat)


def _of_chat(model: str, chat: Mapping[str, Any]) -> Mapping[str, Any]:
    """A chat as Anthropic counts it; one in Anthropic's own shape already, of which upstream's transformer would lose parts, as it is."""
    contents: Final = [message.get("content") for message in chat["messages"]]
    blocks: Final = [*chain.from_iterable(each for each in contents if isinstance(each, list))]
    if any("source" in block or str(block.get("type")).endswith(("tool_use", "tool_result")) for block in blocks):
        return {name: chat[name] for name in _COUNTED if name in chat}
    messages: Final[Sequence[Any]] = [{"role": "system", "content": chat["system"]}] if chat.get("system") else []
    config, given = litellm.AnthropicConfig(), {name: chat[name] for name in ("tools", "tool_choice") if name in chat}
    options: Final = config.map_openai_params(given, {}, model, drop_params=True)
    sent: Final = config.transform_request(model, [*messages, *chat["messages"]], options, {}, {})
    return {name: sent[name] for name in _COUNTED if name in sent}


async def _answer(asked: _Asked, body: Mapping[str, object]) -> httpx.Response:
    headers: Final = set_anthropic_headers(
        {"anthropic-version": "2023-06-01", "anthropic-beta": COUNTING_BETA}, asked.token
    )
    # A deployment's base may name the messages endpoint itself.
    base: Final = (
        (AnthropicModelInfo.get_api_base(asked.api_base) or ANTHROPIC_ORIGIN)
        .rstrip("/")
        .removesuffix("/messages")
        .removesuffix("/v1")
    )
    url: Final = f"{base.rstrip('/')}/v1/messages/count_tokens"
    client: Final = get_async_httpx_client(llm_provider=litellm.LlmProviders.ANTHROPIC)
    try:
        answer: Final[httpx.Response] = await client.post(url, headers=headers, json={**body, "model": asked.model})
        await answer.aread()
    except httpx.HTTPStatusError as error:
        await error.response.aread()
        return error.response
    except (httpx.RequestError, litellm.Timeout) as error:
        said: Final = {
            "type": "api_error",
            "message": f"Anthropic was not reached to count tokens: {type(error).__name__}",
        }
        return httpx.Response(503, json={"type": "error", "error": said})
    return answer


def _retry_after(answer: httpx.Response) -> dict[str, str]:  # mutable-ok: upstream wants one
    return {name: value for name, value in answer.headers.items() if name == "retry-after"}
