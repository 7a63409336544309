"""The Router hands no OAuth token of a caller's to its hooks, and tries none again whose failure is its caller's.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.109.
"""

from litellm.litellm_core_utils.oauth_arguments import seal
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
from litellm.llms.anthropic.chat.clients_stream import refusal_of_event


class Router:
    async def async_function_with_fallbacks(self, *args, **kwargs):
        args, kwargs = seal(args, kwargs)
        ...

    def should_retry_this_error(self, error):
        if is_clients_own_failure(error):
            raise error
        ...

    def _anthropic_messages_recoverable_frame_error(self, error_event, has_generated_content, model_group, kwargs):
        refusal = None if has_generated_content else refusal_of_event(error_event, kwargs, model_group)
        if refusal is not None:
            return refusal if self._anthropic_messages_stream_can_fall_back(model_group, kwargs) else None
        ...
