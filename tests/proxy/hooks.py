"""Callbacks for a proxy: each hook searches what it is given for a token, and one gives a request a token of its user's.

A search takes its time: it is made only while a file `watch` stands beside this module.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from watching import hooks_of, tokens_in, watching

from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.integrations.custom_logger import CustomLogger

_FOLDER = Path(__file__).parent


def _keep(hook: str, given: tuple[object, ...]) -> None:
    if (_FOLDER / "watch").exists():
        found = tokens_in(*given)
        with (_FOLDER / "handed.jsonl").open("a") as file:
            print(json.dumps([hook, found]), file=file)


class Giver(CustomLogger):
    """Puts a token that its operator keeps for a user into the user's request, while a file of that name stands beside this module."""

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: Any) -> dict[str, Any]:
        kept = _FOLDER / "given"
        return {**data, "api_key": kept.read_text()} if kept.exists() else data


# A guardrail that applies itself to texts is asked for nothing else; the other is one of the older kind, asked at each event.
TextGuardrail = watching(CustomGuardrail, _keep, ("apply_guardrail",))
_EVENTS = tuple(hook for hook in hooks_of(CustomLogger, CustomGuardrail) if hook != "apply_guardrail")
EventGuardrail = watching(CustomGuardrail, _keep, _EVENTS)
giver = Giver()
watcher = watching(CustomLogger, _keep, hooks_of(CustomLogger))()
