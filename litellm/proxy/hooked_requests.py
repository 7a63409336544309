"""Where the proxy runs the operator's hooks: what they change is changed of the client's own request, and of Anthropic's answer to it.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token, with what hooks change of it.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar  # noqa: TID251  # no type lets a class's methods be replaced

from litellm.litellm_core_utils.oauth_hooks import takes_over_answer, takes_over_changes

C = TypeVar("C", bound=type)  # rebind-ok: mypy takes no TypeVar that is Final


def hooks_change_clients_request(logging: C) -> C:
    """Make the class that runs the operator's hooks take over what they change. (One of its methods is overloaded: none is claimed.)"""
    hooks: Final[Any] = logging
    hooks.pre_call_hook = takes_over_changes(hooks.pre_call_hook)
    hooks.post_call_success_hook = takes_over_answer(hooks.post_call_success_hook)
    return logging
