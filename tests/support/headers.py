"""Outbound headers in a form that can be compared and shown: the whole set, credentials by name, computed values checked and named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.support.origin import Request

OAUTH_BETA = "oauth-2025-04-20"
BROWSER = "anthropic-dangerous-direct-browser-access"
_OF_NO_BODY = frozenset({("content-length", "0"), ("content-type", "application/octet-stream")})


def shown(request: Request, names: Mapping[str, str]) -> dict[str, str]:
    """The request's headers as shown_pairs() has them, as a dict.

    Raises AssertionError if a header arrives twice: nothing LiteLLM sends for a token may be doubled.
    """
    pairs = shown_pairs(request, names)
    assert len(pairs) == len(dict(pairs)), f"doubled headers: {[name for name, _ in pairs]}"
    return dict(pairs)


def shown_pairs(request: Request, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The request's headers, sorted, names in lower case. `names` maps names to values (credentials, the host), shown as names in braces.

    What differs from run to run must agree with the request itself, and becomes a name only where it does: `content-length`, and a
    multipart boundary. A length of 0, and a type of bytes for none, say what their absence says, and only one transport writes them: left
    out. `anthropic-beta` is a set on the wire: sorted, duplicates stay. The local part of LiteLLM's version in `user-agent` says which
    build this is: left out.
    """
    pairs = [(name.lower(), _shown_value(name.lower(), value, request, names)) for name, value in request.headers]
    return sorted(pair for pair in pairs if request.body or pair not in _OF_NO_BODY)


def _shown_value(name: str, value: str, request: Request, names: Mapping[str, str]) -> str:
    for key, named in names.items():
        value = value.replace(named, "{" + key + "}")
    if name == "content-length" and request.body and value == str(len(request.body)):
        return "{length}"
    if name == "anthropic-beta":
        return ",".join(sorted(part.strip() for part in value.split(",")))
    if name == "user-agent" and value.startswith("litellm/"):
        return value.partition("+")[0]
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\S+)", value)
    if name == "content-type" and boundary is not None and boundary[1].encode() in request.body:
        return "multipart/form-data; boundary={boundary}"
    return value


def with_credential(base: Mapping[str, str], credential: str, *betas: str) -> dict[str, str]:
    """The headers that must go out: those of the call path (with no credential), the winning credential by name, and the betas asked for.

    credential: `api_key`, `bearer` (a bearer that is no OAuth token) or the name of an OAuth token.
    """
    asked = {*betas, *base.get("anthropic-beta", "").split(",")} - {""}
    headers = dict(base)
    if credential == "api_key":
        headers["x-api-key"] = "{api_key}"
    else:
        headers["authorization"] = "Bearer {" + credential + "}"
    if credential not in ("api_key", "bearer"):
        headers[BROWSER] = "true"
        asked.add(OAUTH_BETA)
    return {**headers, "anthropic-beta": ",".join(sorted(asked))} if asked else headers
