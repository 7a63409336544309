"""What a call keeps for its callbacks: an OAuth token in it is masked before it is stored.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.litellm_core_utils.masked_logging import masks_tokens


class Logging:
    @masks_tokens
    def __init__(self, *args, **kwargs): ...

    @masks_tokens
    def update_environment_variables(self, litellm_params, optional_params, model=None, user=None, **additional_params): ...

    @masks_tokens
    def pre_call(self, input, api_key, model=None, additional_args={}): ...

    @masks_tokens
    def post_call(self, original_response, input=None, api_key=None, additional_args={}): ...
