"""The exit: whatever code built a request, no client's token leaves for where it may not go, and no LiteLLM key leaves at all.

Entrances are many, and new ones come with every release. LiteLLM's HTTP clients are few, and each has these hooks. They strip or refuse,
and are no second writer of headers. Once a request is answered, what callbacks and exceptions hold of it is masked.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients scope a client's token in one place.
"""

from __future__ import annotations

import contextvars
import copy
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Final, ParamSpec
from urllib.parse import unquote_to_bytes

import httpx
from multidict import CIMultiDict, CIMultiDictProxy

from litellm.llms.custom_httpx.client_hooks import Client, add_hook, aiohttp_answer, changed_by

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final

# The hash of it: no credential stands in a context, which background tasks inherit.
_configured_elsewhere: Final[contextvars.ContextVar[int | None]] = contextvars.ContextVar(
    "configured_elsewhere", default=None
)


def guards_credentials(make: Callable[P, Client]) -> Callable[P, Client]:
    """Make a maker of HTTP clients have each of them watch the credentials of its requests."""
    return changed_by(watch_credentials, make)


def watch_credentials(client: httpx.Client | httpx.AsyncClient) -> None:
    """Put the exit's hooks into a client, behind the hooks it has; once."""
    add_hook(client, "request", _leaves)
    add_hook(client, "response", _answered)


def configured_elsewhere(token: str) -> None:
    """Let a token that is the call's own key for another provider than Anthropic leave for that one, in this context."""
    _configured_elsewhere.set(hash(token))


def _leaves(request: httpx.Request) -> None:
    from litellm.llms.anthropic.oauth import OAUTH_TOKEN_PREFIX

    _keep_litellm_key(request)
    if OAUTH_TOKEN_PREFIX.encode() in unquote_to_bytes(request.url.raw_path):
        raise _refusal("in the address of a request")
    if _holds_token(request):
        _scope(request)


def _holds_token(request: httpx.Request) -> bool:
    from litellm.llms.anthropic.oauth import holds_token

    return holds_token(b"\n".join(value for _, value in request.headers.raw))


def _scope(request: httpx.Request) -> None:
    """Take off the headers that hold a token and may not."""
    _take_off(request, _hold_stray_token(request))


def _hold_stray_token(request: httpx.Request) -> Sequence[bool]:
    """Which headers hold a token and may not. Raises where Anthropic would get a malformed one. A name may come several times."""
    from litellm.llms.anthropic.oauth import ConfiguredBearer, InvalidTokenError, holds_token, may_send_to, oauth_token
    from litellm.llms.anthropic.oauth_origins import allowed_origins

    fields: Final = request.headers.raw
    first: Final = next((place for place, (name, _) in enumerate(fields) if name.lower() == b"authorization"), None)
    bearer: Final = b"" if first is None else fields[first][1]
    try:
        token: Final = oauth_token(bearer.decode("latin-1"))
    except InvalidTokenError as error:
        raise _refusal("malformed") from error
    credentials: Final = {b"authorization", b"x-api-key"}
    if may_send_to(str(request.url), allowed_origins()):
        scheme, _, value = bearer.partition(b" ")
        if token is None or scheme.lower() != b"bearer" or value.decode() != token:
            raise _refusal("in another header than `Authorization`, or written in another way than `Bearer <token>`")
        return [
            place != first and (name.lower() in credentials or holds_token(held))
            for place, (name, held) in enumerate(fields)
        ]
    if isinstance(bearer, ConfiguredBearer.Encoded):
        return [place != first and holds_token(held) for place, (_, held) in enumerate(fields)]
    return [holds_token(held) and not _is_configured(held.decode("latin-1")) for _, held in fields]


def _take_off(request: httpx.Request, strip: Sequence[bool]) -> None:
    """Take the fields at these places off a request's headers."""
    if not any(strip):
        return
    fields: Final = list(zip(request.headers.raw, strip, strict=True))
    kept: Final = [field for field, goes in fields if not goes]
    request.headers = httpx.Headers(kept)  # rebind-ok: this very request is what httpx goes on to send
    for name in {name.lower().decode("latin-1") for (name, _), goes in fields if goes}:
        _say_once(name, request.url.host)


def _is_configured(value: str) -> bool:
    allowed: Final = _configured_elsewhere.get()
    return allowed is not None and hash(value.rpartition(" ")[2]) == allowed


def _keep_litellm_key(request: httpx.Request) -> None:
    _take_off(request, hold_litellm_key([value.decode("latin-1") for _, value in request.headers.raw]))


def hold_litellm_key(values: Sequence[str]) -> Sequence[bool]:
    """Which values of headers hold a LiteLLM key of the proxy in this process: its master key, or a virtual key it has accepted."""
    proxy: Final = sys.modules.get("litellm.proxy.proxy_server")
    if getattr(proxy, "user_api_key_cache", None) is None:
        return [False] * len(values)
    from litellm.proxy.auth.litellm_key import carry_litellm_key

    return carry_litellm_key(values, None)


def _answered(response: httpx.Response) -> None:
    from litellm.litellm_core_utils.oauth_masking import masked_fields

    request: Final = response.request
    # Of one that is redirected, httpx makes the next request.
    if not response.has_redirect_location and _holds_token(request):
        headers: Final = masked_fields(request.headers)
        # Releases before 1.85 copy the body into the error of a refusal. A file that was uploaded is let go.
        is_whole: Final = isinstance(request.stream, httpx.ByteStream)
        shown: Final = copy.copy(request) if is_whole else httpx.Request(request.method, request.url)
        shown.headers, shown.extensions = headers, request.extensions
        response.request = shown  # rebind-ok: this very response is what the caller has
        # LiteLLM's aiohttp transport keeps aiohttp's answer, which keeps a request of its own.
        answer: Final = aiohttp_answer(response)
        if answer is not None:
            answer._request_info = answer.request_info._replace(
                headers=CIMultiDictProxy(CIMultiDict(headers.multi_items()))
            )


def _refusal(how: str) -> Exception:
    from litellm.litellm_core_utils.oauth_failures import authentication_error

    return authentication_error(
        f"A request was not sent: it holds an Anthropic OAuth token {how}. Send it as `Authorization: Bearer <token>`, to Anthropic."
    )


@functools.lru_cache(maxsize=1024)
def _say_once(header: str, host: str) -> None:
    from litellm._logging import verbose_logger

    verbose_logger.warning(
        "The header %s was taken off a request to %s: it held a credential that may not go there.", header, host
    )
