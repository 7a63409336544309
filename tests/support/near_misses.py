"""Ways to write a token that are almost the one way: what reaches a proxy or the SDK when a client is configured by trial and error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class NearMiss:
    """One header that holds a token where none is, or as none is written.

    meant: whether whoever wrote it can only have meant to send the token: it stands where credentials stand.
    """

    name: str
    header: str
    value: Callable[[str], str]
    meant: bool = True


NEAR_MISSES = (
    NearMiss("tab", "Authorization", lambda token: f"Bearer\t{token}"),
    NearMiss("Bearer twice", "Authorization", lambda token: f"Bearer Bearer {token}"),
    NearMiss("Token", "Authorization", lambda token: f"Token {token}"),
    NearMiss("Basic", "Authorization", lambda token: f"Basic {token}"),
    NearMiss("colon", "Authorization", lambda token: f"Bearer: {token}"),
    NearMiss("comma", "Authorization", lambda token: f"Bearer {token}, Bearer {token}"),
    NearMiss("quoted", "Authorization", lambda token: f'"Bearer {token}"'),
    NearMiss("token quoted", "Authorization", lambda token: f"Bearer '{token}'"),
    NearMiss("name and value", "Authorization", lambda token: f"Authorization: Bearer {token}"),
    NearMiss("x-api-key quoted", "x-api-key", lambda token: f'"{token}"'),
    NearMiss("api-key", "api-key", lambda token: token),
    NearMiss("x-goog-api-key", "x-goog-api-key", lambda token: token),
    NearMiss("Proxy-Authorization", "Proxy-Authorization", lambda token: f"Bearer {token}"),
    NearMiss("cookie", "Cookie", lambda token: f"session={token}", meant=False),
    NearMiss("another header", "x-notes", lambda token: f"mine is {token}", meant=False),
)
