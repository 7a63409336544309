"""What the origin of a URL is, where a credential depends on it: scheme, host and port, read in one way or not at all.

Intent: scope
Upstream: BerriAI/litellm#42172
Remove when: upstream compares origins before it sends a credential, and on a redirect.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: object) -> str | None:
    """The origin `scheme://host[:port]` of an http(s) URL, lower case, without a default port; None if the URL has none to rely on.

    User information, a backslash, white space or a control character give None: parsers disagree on where such a URL leads.
    """
    if not isinstance(url, str):
        return None
    text: Final = url.strip()
    # Of all white space, a blank alone is printable.
    if not text.isprintable() or " " in text or "\\" in text:
        return None
    try:
        parts: Final = urlsplit(text)
        port: Final = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.hostname
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc or not host.isascii():
        return None
    bracketed: Final = f"[{host}]" if ":" in host else host
    suffix: Final = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{bracketed}{suffix}"


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port. False if either has no origin to rely on."""
    return (origin := origin_of(one)) is not None and origin == origin_of(other)
