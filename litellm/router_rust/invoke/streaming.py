"""An error event that refuses a client's own token reaches the client as it came: nothing in its group is tried again for it.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries and fallbacks by whose credential failed.
"""

from typing import Final

from litellm.llms.anthropic.chat.clients_stream import refusal_of_event


def _anthropic_recoverable_frame_error(attempt, error_event, has_generated_content, model_group):
    refusal: Final = None if has_generated_content else refusal_of_event(error_event, attempt.kwargs, model_group)
    if refusal is not None:
        return refusal if attempt.can_fall_back() else None
    ...
