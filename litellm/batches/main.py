"""Batches: what `client` does not make (cancelling) scopes the caller's token here; retrieving hands the caller's betas on to Anthropic.

Intent: scope
Upstream: BerriAI/litellm#42172, BerriAI/litellm#37905
Remove when: upstream decorates cancelling with `client` and hands `extra_headers` to AnthropicBatchesHandler.
"""

from litellm.litellm_core_utils.client_token import scope_client_token
from litellm.llms.anthropic.batches.retrieval import hands_betas_on


@hands_betas_on
def _handle_retrieve_batch_providers_without_provider_config(*args, **kwargs): ...


@scope_client_token
def cancel_batch(*args, **kwargs): ...
