"""What a call keeps for its callbacks: an OAuth token in it is masked before it is stored, and nothing goes on with it in the background.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: upstream masks credentials in the arguments of every callback.
"""

from litellm.litellm_core_utils.masked_logging import leaves_batch_results_alone, masks_tokens


class Logging:
    @masks_tokens
    def __init__(self, *args, **kwargs): ...

    @masks_tokens
    def update_environment_variables(self, litellm_params, optional_params, model=None, user=None, **additional_params): ...

    @masks_tokens
    def pre_call(self, input, api_key, model=None, additional_args={}): ...

    @masks_tokens
    def post_call(self, original_response, input=None, api_key=None, additional_args={}): ...

    @leaves_batch_results_alone
    async def async_success_handler(self, result=None, start_time=None, end_time=None, cache_hit=None, **kwargs): ...
