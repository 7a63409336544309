"""What only releases need whose synchronous handler makes its client in its constructor.

Intent: privacy
Upstream: none yet
Remove when: no supported release is older than upstream's `HTTPHandler.create_client`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

from litellm.llms.custom_httpx.clients_exit import hand_on_clients_requests
from litellm.llms.custom_httpx.oauth_exit import watch_credentials
from litellm.llms.custom_httpx.redirects import keep_credentials_at_origin

P = ParamSpec("P")


def guards_own_client(initialise: Callable[P, None]) -> Callable[P, None]:
    """Make a constructor that keeps the HTTP client it made have it watch the credentials of its requests."""

    @functools.wraps(initialise)
    def initialised(*args: P.args, **kwargs: P.kwargs) -> None:
        initialise(*args, **kwargs)
        handler: Any = args[0]
        if kwargs.get("client") is None:
            for change in (hand_on_clients_requests, keep_credentials_at_origin, watch_credentials):
                change(handler.client)

    return initialised
