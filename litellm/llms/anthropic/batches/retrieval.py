"""Retrieving a batch with an OAuth token: the betas the caller asks for, and the errors Anthropic answers with.

Upstream's way to Anthropic's batches drops the caller's headers, so that only the path's own beta goes out, lets httpx's errors out, and
names no setting where none is set.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream hands `extra_headers` to AnthropicBatchesHandler.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar, cast

import httpx

import litellm
from litellm.llms.anthropic.common_utils import AnthropicError, AnthropicModelInfo
from litellm.llms.anthropic.oauth import has_token, merge_betas, oauth_token

_Function = TypeVar("_Function", bound=Callable[..., Any])


class TokenWithBetas(str):
    """An OAuth token on its way to the headers of a batch, and the betas to ask for with it, comma-separated."""

    betas: str

    def __new__(cls, token: str, betas: str) -> TokenWithBetas:
        instance = super().__new__(cls, token)
        instance.betas = betas
        return instance


def hands_betas_on(retrieve: Callable[..., object]) -> Callable[..., object]:
    """Make the dispatch of a retrieval hand the caller's betas on with the OAuth token it sends, to Anthropic alone."""

    @functools.wraps(retrieve)
    def handing_on(*args: object, **kwargs: Any) -> object:
        headers = (kwargs.get("_retrieve_batch_request") or {}).get("extra_headers") or {}
        betas = merge_betas(*(value for name, value in headers.items() if name.lower() == "anthropic-beta"))
        if kwargs.get("custom_llm_provider") == "anthropic" and betas:
            given = kwargs["optional_params"]
            token = oauth_token(given.api_key or litellm.api_key or litellm.azure_key or AnthropicModelInfo.get_api_key() or _auth_token())
            if token is not None:
                kwargs["optional_params"] = given.model_copy(update={"api_key": TokenWithBetas(token, betas)})
        return retrieve(*args, **kwargs)

    return handing_on


def merges_caller_betas(builder: Callable[..., dict[str, object]]) -> Callable[..., dict[str, object]]:
    """Make a builder of batch headers add the betas that were handed on with the token."""

    @functools.wraps(builder)
    def merging(*args: object, **kwargs: Any) -> dict[str, object]:
        key, built = kwargs.get("api_key"), builder(*args, **kwargs)
        return {**built, "anthropic-beta": merge_betas(built["anthropic-beta"], key.betas)} if isinstance(key, TokenWithBetas) else built

    return merging


def names_what_to_set(function: _Function) -> _Function:
    """Make a function that misses a credential name the settings it looks for."""

    @contextlib.contextmanager
    def naming() -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            if "Missing Anthropic API Key" not in str(error) or "ANTHROPIC_API_KEY" in str(error):
                raise
            raise ValueError(f"{error}. Pass api_key, or set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN.") from error

    @functools.wraps(function)
    async def awaited(*args: object, **kwargs: object) -> object:
        with naming():
            return await function(*args, **kwargs)

    @functools.wraps(function)
    def called(*args: object, **kwargs: object) -> object:
        with naming():
            return function(*args, **kwargs)

    return cast(_Function, awaited if inspect.iscoroutinefunction(function) else called)


def raises_anthropics_errors(retrieve: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make a retrieval with an OAuth token raise LiteLLM's own error with Anthropic's status, body and headers, in place of httpx's."""

    @functools.wraps(retrieve)
    async def retrieved(*args: object, **kwargs: object) -> object:
        try:
            return await retrieve(*args, **kwargs)
        except httpx.HTTPStatusError as error:
            if not has_token(error.request.headers):
                raise
            from litellm.litellm_core_utils.exception_mapping_utils import exception_type

            answered = AnthropicError(error.response.status_code, error.response.text, error.response.headers)
            return exception_type(model="", original_exception=answered, custom_llm_provider="anthropic")

    return retrieved


def _auth_token() -> str | None:
    from litellm.secret_managers.main import get_secret_str

    return get_secret_str("ANTHROPIC_AUTH_TOKEN")
