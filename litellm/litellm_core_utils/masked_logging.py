"""No OAuth token in what LiteLLM keeps of a call for its logs and callbacks.

Upstream redacts its own log lines; a callback is given the outgoing headers and the call's `api_key` as they are.

Upstream: BerriAI/litellm#19618
Remove when: upstream masks credentials in the arguments of every callback.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping

from litellm._logging import verbose_logger

_HEADERS = ("headers", "extra_headers")


def masks_tokens(method: Callable[..., object]) -> Callable[..., object]:
    """Make a method of `Logging` take what may hold a credential without OAuth tokens in it."""
    parameters = inspect.signature(method).parameters

    @functools.wraps(method)
    def masking(*args: object, **kwargs: object) -> object:
        named = {**dict(zip(parameters, args)), **kwargs}
        return method(**{name: _masked(value) if name in _CREDENTIAL_ARGUMENTS else value for name, value in named.items()})

    return masking


def skips_calls_with_tokens(fetch: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make the fetch of a finished batch's results, which runs in the background for its cost, skip a batch asked for with an OAuth token.

    The token belongs to the one request it came with, and another credential would ask in another's name.
    """

    @functools.wraps(fetch)
    async def fetching(*args: object, **kwargs: object) -> object:
        from litellm.batches.batch_utils import BatchCostUsageResult
        from litellm.llms.anthropic.oauth import MASK
        from litellm.types.utils import Usage

        litellm_params = kwargs.get("litellm_params")
        if not isinstance(litellm_params, Mapping) or str(litellm_params.get("api_key")).strip() != MASK:
            return await fetch(*args, **kwargs)
        verbose_logger.info("The results of a batch asked for with an OAuth token were not fetched for its cost.")
        usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
        return BatchCostUsageResult(cost=0.0, usage=usage, models=[], successful_requests=0, failed_requests=0)

    return fetching


_CREDENTIAL_ARGUMENTS = frozenset({"kwargs", "api_key", "litellm_params", "optional_params", "additional_args"})


def _masked(argument: object) -> object:
    """An argument with its own strings masked, and those of the headers in it, and without a proxy's raw request headers (`secret_fields`)."""
    from litellm.llms.anthropic.oauth import masked

    shown = masked(argument)
    if not isinstance(shown, Mapping):
        return shown
    if "secret_fields" in shown:
        shown = {name: value for name, value in shown.items() if name != "secret_fields"}
    headers = {name: masked(shown[name]) for name in _HEADERS if isinstance(shown.get(name), Mapping)}
    return {**shown, **headers} if any(headers[name] is not shown[name] for name in headers) else shown
