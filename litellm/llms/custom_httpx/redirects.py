"""Behind a redirect to another origin no credential follows: httpx keeps `x-api-key` on any, and `Authorization` on one from http to https.

Intent: privacy
Upstream: none yet
Remove when: upstream's HTTP clients drop credentials on a redirect to another origin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, ParamSpec

import httpx

from litellm.llms.custom_httpx.client_hooks import Client, add_hook, changed_by

P = ParamSpec("P")  # rebind-ok: mypy takes no TypeVar that is Final


def keeps_credentials_at_origin(make: Callable[P, Client]) -> Callable[P, Client]:
    """Make a maker of HTTP clients have none of them take a credential along to another origin."""
    return changed_by(keep_credentials_at_origin, make)


def keep_credentials_at_origin(client: httpx.Client | httpx.AsyncClient) -> None:
    """Have a client take no credential along on a redirect to another origin."""
    add_hook(client, "response", _redirected)


def _redirected(response: httpx.Response) -> None:
    from litellm.llms.anthropic.oauth import has_token

    request: Final = response.request
    # httpx builds the next request from this one's headers once this hook has run.
    if response.has_redirect_location and not _stays(request, response.headers["location"]):
        # Another provider's bearer is that provider's affair, and httpx's.
        if "anthropic-version" in request.headers or has_token(request.headers):
            request.headers.pop("authorization", None)
        request.headers.pop("x-api-key", None)


def _stays(request: httpx.Request, location: str) -> bool:
    """Whether a redirect stays at its origin; one that leads nowhere does not, and is httpx's to refuse."""
    from litellm.llms.anthropic.origins import same_origin

    try:
        return same_origin(str(request.url), str(request.url.join(location)))
    except httpx.InvalidURL:
        return False
