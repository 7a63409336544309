"""Retrieving a batch with an OAuth token: the betas the caller asks for, and the errors Anthropic answers with.

Upstream's way to Anthropic's batches drops the caller's headers, so that only the path's own beta goes out, and lets httpx's errors out.

Upstream: BerriAI/litellm#19618
Remove when: upstream hands `extra_headers` to AnthropicBatchesHandler.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping

import httpx

from litellm.llms.anthropic.common_utils import AnthropicError
from litellm.llms.anthropic.oauth import has_token, merge_betas

_ARGUMENT = "extra_headers"


def hands_headers_on(retrieve: Callable[..., object]) -> Callable[..., object]:
    """Make the dispatch of a retrieval put the caller's headers among the `litellm_params` it hands on, for Anthropic alone."""

    @functools.wraps(retrieve)
    def handing_on(*args: object, **kwargs: object) -> object:
        request, litellm_params = kwargs.get("_retrieve_batch_request"), kwargs.get("litellm_params")
        if kwargs.get("custom_llm_provider") == "anthropic" and isinstance(request, Mapping) and isinstance(litellm_params, Mapping):
            kwargs["litellm_params"] = {**litellm_params, _ARGUMENT: request.get(_ARGUMENT)}
        return retrieve(*args, **kwargs)

    return handing_on


def merges_caller_betas(builder: Callable[..., dict[str, object]]) -> Callable[..., dict[str, object]]:
    """Make a builder of batch headers add the betas of headers handed on so, where an OAuth token goes out."""

    @functools.wraps(builder)
    def merging(*args: object, **kwargs: object) -> dict[str, object]:
        built = builder(*args, **kwargs)
        litellm_params = kwargs.get("litellm_params")
        headers = litellm_params.get(_ARGUMENT) if isinstance(litellm_params, Mapping) else None
        if not isinstance(headers, Mapping) or not has_token(built):
            return built
        asked = [value for name, value in headers.items() if name.lower() == "anthropic-beta"]
        return {**built, "anthropic-beta": merge_betas(built["anthropic-beta"], *asked)}

    return merging


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
