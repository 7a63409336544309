"""What the fork is for: a few intents, declared once in `intents.json`. Each overlay file serves one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .errors import ForkError

INTENTS = "intents.json"


@dataclass(frozen=True)
class Intent:
    """One intent of the fork.

    upstream: the issue or pull request, or "none yet". forwarded: "no", or where it was offered to upstream.
    tests: what proves it, by paths from the root of the checkout.
    """

    slug: str
    title: str
    why: str
    upstream: str
    forwarded: str
    remove_when: str
    tests: tuple[str, ...]


def load_intents(root: Path) -> dict[str, Intent]:
    """Every intent of a checkout by its slug, in the order they are declared in. Raises ForkError for a file that cannot be used."""
    file = root / INTENTS
    try:
        content: Any = json.loads(file.read_bytes())
        if not isinstance(content, list):
            raise TypeError("it is no list")
        intents = {intent.slug: intent for intent in map(_intent, content)}
        if len(intents) != len(content):
            raise ValueError("a slug is declared twice")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ForkError(
            f"{file} cannot be used.",
            f"{type(error).__name__}: {error}",
            f'It is a list of intents, each with the texts {", ".join(_TEXTS)} and the list "tests". Correct it, or restore it with git.',
        ) from error
    return intents


def require_known(slug: str, intents: dict[str, Intent], name: str) -> None:
    """Raises ForkError if the overlay file of that name serves an intent that is not declared."""
    if slug not in intents:
        raise ForkError(
            f"{name} serves the intent {slug!r}.",
            f"{INTENTS} declares: {', '.join(intents) or 'none'}.",
            f"Name one of these after `Intent:`, or declare it in {INTENTS}.",
        )


_TEXTS = tuple(field.name for field in fields(Intent) if field.name != "tests")


def _intent(content: Any) -> Intent:
    if content.keys() != {*_TEXTS, "tests"}:
        raise ValueError(f"an intent has {', '.join(content) or 'nothing'}")
    for name in _TEXTS:
        if not isinstance(content[name], str) or not content[name].strip():
            raise ValueError(f'"{name}" must be a non-empty string')
    if not isinstance(content["tests"], list):
        raise ValueError('"tests" must be a list')
    return Intent(**{name: content[name] for name in _TEXTS}, tests=tuple(str(path) for path in content["tests"]))
