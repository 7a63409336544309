"""Credentials for tests, put together at run time: no file of this repository holds one, so a secret scanner stays quiet."""

from __future__ import annotations

import secrets


def oauth_token() -> str:
    """A new well-formed Anthropic OAuth token that nobody issued."""
    return "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))


def api_key() -> str:
    """A new well-formed Anthropic API key that nobody issued."""
    return "-".join(("sk", "ant", "api03", secrets.token_urlsafe(24)))


def plain_bearer() -> str:
    """A bearer credential that is neither, as a gateway in front of Anthropic would mint it."""
    return "gateway." + secrets.token_urlsafe(24)
