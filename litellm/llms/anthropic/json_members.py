"""The text of a JSON object, edited member by member: what is not named keeps its bytes.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

_BETWEEN: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


class Member(NamedTuple):
    """One member of an object: name and value, and where in the text it starts, its value starts, and it ends."""

    name: str
    value: object
    start: int
    value_start: int
    end: int


def members_of(text: str) -> Sequence[Member]:
    """The members of the object that a text is, in their order, repeated names included. Raises ValueError for anything else."""
    members: Final[list[Member]] = []  # mutable-ok: built here
    at = _expect(text, 0, "{")  # rebind-ok: moves through the text
    while not text.startswith("}", at):
        at = _expect(text, at, ",") if members else at
        if not text.startswith('"', at):
            raise ValueError(f"A JSON object has a name at {at}.")
        name, end = _DECODER.raw_decode(text, at)
        value_start = _expect(text, end, ":")
        value, value_end = _DECODER.raw_decode(text, value_start)
        members.append(Member(name, value, at, value_start, value_end))
        at = _past_space(text, value_end)
    if _past_space(text, at + 1) != len(text):
        raise ValueError("Something follows the JSON object.")
    return members


def edited(text: str, members: Sequence[Member], values: Mapping[str, object], dropped: Collection[str]) -> str:
    """The text of an object with these members, with values replaced, or added at its end, and members dropped."""
    first, last = (members[0].start, members[-1].end) if members else (_expect(text, 0, "{"),) * 2
    parts: Final[list[str]] = []  # mutable-ok: built here
    end = first  # rebind-ok: moves through the text
    for member in members:
        between, end = text[end : member.start], member.end
        if member.name not in dropped:
            value = _written(values[member.name]) if member.name in values else text[member.value_start : member.end]
            parts.append((between if parts else "") + text[member.start : member.value_start] + value)
    for name in values.keys() - {member.name for member in members}:
        parts.append(("," if parts else "") + f"{_written(name)}:{_written(values[name])}")
    return text[:first] + "".join(parts) + text[last:]


def merged(own: object, before: object, after: object) -> object:
    """A value of the client's own with what changed between two others put into it, as finely as their shapes allow."""
    if after == before:
        return own
    if isinstance(own, dict) and isinstance(before, dict) and isinstance(after, dict):
        changed: Final = {name: value for name, value in after.items() if name not in before or before[name] != value}
        kept: Final = {name: value for name, value in own.items() if name in after or name not in before}
        return {**kept, **{name: merged(own.get(name), before.get(name), value) for name, value in changed.items()}}
    if (
        isinstance(own, list)
        and isinstance(before, list)
        and isinstance(after, list)
        and len(own) == len(before) == len(after)
    ):
        return [merged(*each) for each in zip(own, before, after, strict=True)]
    return after


def _written(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _past_space(text: str, at: int) -> int:
    match: Final = _BETWEEN.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, mark: str) -> int:
    """Where the text goes on behind a mark and the space around it. Raises ValueError where the mark is not."""
    place: Final = _past_space(text, at)
    if not text.startswith(mark, place):
        raise ValueError(f"A JSON object has {mark!r} at {place}.")
    return _past_space(text, place + 1)
