"""No OAuth token in what LiteLLM writes to a log, or keeps of a call for its callbacks.

Upstream's own redaction is newer than many releases, can be switched off, and does not reach loggers below LiteLLM's. Callbacks are given
the outgoing headers and the call's `api_key` as they are.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: upstream masks OAuth tokens in every record of its loggers and every callback's arguments, and it cannot be switched off.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final  # noqa: TID251  # what is masked stays of its kind

import httpx

# The policy's prefix. LiteLLM logs while it is imported, when nothing of `llms/` can be.
_PREFIX: Final = "sk-ant-oat"
_TOKEN: Final = re.compile(rf"{_PREFIX}[^\s\"',;)}}\]]*")
_HEADERS: Final = ("headers", "extra_headers")


def mask_records_of_litellm() -> bool:
    """Have every logger of LiteLLM's, also those below and those to come, make its records without OAuth tokens. Returns True.

    A filter would see the records of one logger only: not those of its children.
    """
    make: Final = logging.getLogRecordFactory()

    def masked_record(name: str, *args: object, **kwargs: object) -> logging.LogRecord:  # kwargs-ok: handed on
        record: Final = make(name, *args, **kwargs)
        if name.lower().startswith("litellm"):
            _mask(record)
        return record

    logging.setLogRecordFactory(masked_record)
    return True


def _mask(record: logging.LogRecord) -> None:
    """Mask a record's message and traceback; a record that cannot be read is left for logging to complain of, in masked words."""
    said: Final = _text(record.getMessage)
    if said is None:
        args: Final = record.args if isinstance(record.args, tuple) else (record.args,)
        record.args = tuple(  # rebind-ok: handlers are given this very record
            _masked_text(text) if _PREFIX in (text := _text(each.__repr__) or "") else each for each in args
        )
    message: Final = (_text(record.msg.__str__) or "") if said is None else said
    if _PREFIX in message:
        needs_no_args: Final = record.args and _text(record.getMessage) == message
        record.msg = _masked_text(message)  # rebind-ok: handlers are given this very record
        record.args = () if needs_no_args else record.args  # rebind-ok: as above
    if record.exc_info:
        trace: Final = _text(functools.partial(logging.Formatter().formatException, record.exc_info)) or ""
        if _PREFIX in trace:
            record.exc_info = None  # rebind-ok: as above
            record.exc_text = _masked_text(trace)  # rebind-ok: as above


def _text(read: Callable[[], object]) -> str | None:
    """What an object says of itself; None where that raises: a log line is never an error of its caller's."""
    try:
        return str(read())
    except Exception:  # noqa: BLE001  # whatever the object's own code raises
        return None


def _masked_text(text: str) -> str:
    from litellm.llms.anthropic.oauth import MASK

    return _TOKEN.sub(MASK, text)


def masked(value: object) -> object:
    """A value for a log or a callback: every OAuth token in a string, or in the strings of a mapping, is replaced; the rest is the same.

    What has no token comes back as the very object.
    """
    if isinstance(value, str):
        return _masked_text(value) if _PREFIX in value else value
    if isinstance(value, (dict, Mapping)) and any(_PREFIX in each for each in value.values() if isinstance(each, str)):
        return {name: masked(each) if isinstance(each, str) else each for name, each in value.items()}
    return value


def masked_fields(headers: httpx.Headers) -> httpx.Headers:
    """The headers of a request that was sent, each field as it was, but for OAuth tokens."""
    prefix: Final = _PREFIX.encode()
    return httpx.Headers(
        [
            (name, _masked_text(value.decode("latin-1")).encode("latin-1") if prefix in value else value)
            for name, value in headers.raw
        ]
    )


def is_mask(value: object) -> bool:
    """Whether a value is what an OAuth token shows as."""
    from litellm.llms.anthropic.oauth import MASK

    return isinstance(value, str) and str(value).strip() == MASK


def kept_sealed(value: object, validate: Callable[[object], object]) -> object:
    """For pydantic: a sealed OAuth token as it is, anything else validated."""
    if value is None or type(value) is str:
        return validate(value)
    from litellm.llms.anthropic.oauth import OAuthToken

    return value if isinstance(value, OAuthToken) else validate(value)


def masked_argument(argument: object) -> Any:  # noqa: ANN401  # of the kind that it was given
    """What a callback is given of a call: its strings masked, and its headers', and without a proxy's raw headers (`secret_fields`)."""
    given: Final = masked(argument)
    if not isinstance(given, (dict, Mapping)):
        return given
    has_secrets: Final = "secret_fields" in given
    shown: Final = {name: v for name, v in given.items() if name != "secret_fields"} if has_secrets else given
    if shown.keys().isdisjoint(_HEADERS):
        return shown
    headers: Final = {name: masked(shown[name]) for name in _HEADERS if isinstance(shown.get(name), (dict, Mapping))}
    return {**shown, **headers} if any(headers[name] is not shown[name] for name in headers) else shown
