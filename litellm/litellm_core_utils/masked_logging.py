"""No OAuth token in what LiteLLM keeps of a call for its logs and callbacks.

Upstream redacts its own log lines, in newer releases and unless told not to; a callback is given the outgoing headers and the call's
`api_key` as they are.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: upstream masks credentials in the arguments of every callback.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_HEADERS = ("headers", "extra_headers")


def masks_tokens(method: Callable[..., object]) -> Callable[..., object]:
    """Make a method of `Logging` take what may hold a credential without OAuth tokens in it."""
    parameters = inspect.signature(method).parameters

    @functools.wraps(method)
    def masking(*args: object, **kwargs: object) -> object:
        named = {**dict(zip(parameters, args, strict=False)), **kwargs}
        return method(**{name: _masked(value) if name in _CREDENTIAL_ARGUMENTS else value for name, value in named.items()})

    return masking


def masks_printed_arguments(print_arguments: Callable[..., object]) -> Callable[..., object]:
    """Make the printing of a call's arguments, which is asked for by `litellm.set_verbose`, mask OAuth tokens."""

    @functools.wraps(print_arguments)
    def printed(original_function: object, args: object, kwargs: Mapping[str, object]) -> object:
        return print_arguments(original_function, args, {name: _masked(value) for name, value in kwargs.items()})

    return printed


def leaves_batch_results_alone(handler: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Make the handler of a success, for a batch retrieved with an OAuth token, take its cost as nothing instead of fetching its results.

    Upstream fetches them in the background, with the call's credential or another. The token belongs to the one request it came with, and
    another credential would ask in another's name.
    """

    @functools.wraps(handler)
    async def handled(logging: Any, *args: object, **kwargs: object) -> object:
        from litellm.types.utils import Usage

        from litellm.llms.anthropic.oauth import MASK

        if logging.call_type == "aretrieve_batch" and str((logging.litellm_params or {}).get("api_key")).strip() == MASK:
            usage = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
            kwargs = {"batch_cost": 0.0, "batch_usage": usage, "batch_models": [], **kwargs}
        return await handler(logging, *args, **kwargs)

    return handled


class TokenMask(logging.Filter):
    """Masks OAuth tokens in a log record, its arguments and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        from litellm.llms.anthropic.oauth import OAUTH_TOKEN_PREFIX, masked

        message = record.getMessage()
        if OAUTH_TOKEN_PREFIX in message:
            record.msg, record.args = masked(message), ()
        if record.exc_info and not record.exc_text:
            trace = logging.Formatter().formatException(record.exc_info)
            if OAUTH_TOKEN_PREFIX in trace:
                record.exc_info, record.exc_text = None, str(masked(trace))
        return True


def masking(logger: logging.Logger) -> logging.Logger:
    """The logger, with its records masked before any handler has them."""
    logger.addFilter(TokenMask())
    return logger


_CREDENTIAL_ARGUMENTS = frozenset({"kwargs", "api_key", "litellm_params", "optional_params", "additional_args"})


def _masked(argument: object) -> object:
    """An argument with its own strings masked, and its headers', and without a proxy's raw request headers (`secret_fields`)."""
    from litellm.llms.anthropic.oauth import masked

    shown = masked(argument)
    if not isinstance(shown, Mapping):
        return shown
    if "secret_fields" in shown:
        shown = {name: value for name, value in shown.items() if name != "secret_fields"}
    headers = {name: masked(shown[name]) for name in _HEADERS if isinstance(shown.get(name), Mapping)}
    return {**shown, **headers} if any(headers[name] is not shown[name] for name in headers) else shown
