"""The origins beside Anthropic's own that an operator lists for callers' OAuth tokens.

Upstream sends a forwarded token to whatever `api_base` a deployment names.

Intent: scope
Upstream: BerriAI/litellm#42172
Remove when: upstream keeps a forwarded token to Anthropic's own origin and those an operator lists.
"""

from __future__ import annotations

import functools
import ipaddress
import os
from typing import Final
from urllib.parse import urlsplit

import litellm
from litellm.llms.anthropic.origins import origin_of

ORIGINS_ENV: Final = "LITELLM_ANTHROPIC_OAUTH_ORIGINS"


class InvalidOriginError(ValueError):
    """An entry of the origin setting is not an origin a token may be sent to."""


def allowed_origins() -> frozenset[str]:
    """The origins in the environment and in `litellm.anthropic_oauth_origins`. Raises InvalidOriginError as parse_origins does."""
    return _in_environment(os.environ.get(ORIGINS_ENV)) | parse_origins(
        getattr(litellm, "anthropic_oauth_origins", None)
    )


@functools.lru_cache(maxsize=16)
def _in_environment(setting: str | None) -> frozenset[str]:
    return parse_origins(setting)


def parse_origins(setting: object) -> frozenset[str]:
    """The origins in a setting: a comma-separated string or a list of strings; None and blanks give an empty set.

    Raises InvalidOriginError, naming the entry, for what is not `scheme://host[:port]`, and for plain http to anything but loopback,
    where a token would cross a network readable by all.
    """
    if setting is None:
        return frozenset()
    entries: Final = setting.split(",") if isinstance(setting, str) else setting
    if not isinstance(entries, (list, tuple, set, frozenset)):
        raise InvalidOriginError(
            f"{ORIGINS_ENV} is a {type(setting).__name__}: give a comma-separated string or a list of origins."
        )
    return frozenset(_valid_origin(entry) for entry in entries if not isinstance(entry, str) or entry.strip())


def _valid_origin(entry: object) -> str:
    origin: Final = origin_of(entry)
    if (
        origin is None
        or not isinstance(entry, str)
        or urlsplit(entry.strip()).path not in ("", "/")
        or any(mark in entry for mark in "?#")
    ):
        raise InvalidOriginError(
            f"{entry!r} in {ORIGINS_ENV} is not an origin. Write scheme, host and port only, such as https://gateway.example:8443"
        )
    if origin.startswith("http://") and not _is_loopback(urlsplit(origin).hostname or ""):
        raise InvalidOriginError(
            f"{entry!r} in {ORIGINS_ENV} is plain http to another machine, where a token can be read on the way. Use https."
        )
    return origin


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
