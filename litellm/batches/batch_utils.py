"""After a finished batch was retrieved, LiteLLM fetches its results in the background to add up their cost, with the call's credential.

Upstream: BerriAI/litellm#19618
Remove when: upstream keeps no credential of a caller's beyond the request it came with.
"""

from litellm.litellm_core_utils.masked_logging import skips_calls_with_tokens


@skips_calls_with_tokens
async def handle_completed_batch(
    batch, custom_llm_provider, model_name=None, litellm_params=None, model_info=None, vertex_location=None
): ...
