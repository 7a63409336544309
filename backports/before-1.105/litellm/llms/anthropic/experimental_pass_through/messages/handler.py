"""What hooks change of a client's own request as it is about to be sent is taken over into it.

Intent: transparency
Upstream: BerriAI/litellm#37754
Remove when: upstream sends a client's own body for a request with a client's own token, with what hooks change of it.
"""

from litellm.litellm_core_utils.oauth_hooks import takes_over_changes


@takes_over_changes
async def _execute_pre_request_hooks(model, messages, tools, stream, custom_llm_provider): ...
