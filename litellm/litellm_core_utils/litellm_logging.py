"""What a call keeps for its callbacks: an OAuth token in it is masked before it is stored, and nothing goes on with it in the background.

Upstream fetches an ended batch's results for its cost, with the call's credential or another. The token belongs to the one request it
came with, and another credential would ask in another's name: such a batch is logged at no cost.

Intent: privacy
Upstream: none yet
Remove when: upstream masks credentials in the arguments of every callback.
"""

from typing import Final

from litellm.litellm_core_utils.oauth_failures import mark_clients_own
from litellm.litellm_core_utils.oauth_masking import is_mask, masked_argument
from litellm.types.utils import Usage


class Logging:
    def __init__(self, kwargs=None):
        kwargs = masked_argument(kwargs)  # rebind-ok: what upstream goes on with
        ...

    def update_environment_variables(self, litellm_params, optional_params):
        litellm_params = masked_argument(litellm_params)  # rebind-ok: what upstream goes on with
        optional_params = masked_argument(optional_params)  # rebind-ok: what upstream goes on with
        ...

    def pre_call(self, input, api_key, additional_args={}):
        api_key = masked_argument(api_key)  # rebind-ok: what upstream goes on with
        additional_args = masked_argument(additional_args)  # rebind-ok: what upstream goes on with
        ...

    def post_call(self, original_response, api_key=None, additional_args={}):
        api_key = masked_argument(api_key)  # rebind-ok: what upstream goes on with
        additional_args = masked_argument(additional_args)  # rebind-ok: what upstream goes on with
        ...

    async def async_success_handler(self, **kwargs):
        if self.call_type == "aretrieve_batch" and is_mask(self.litellm_params.get("api_key")):
            nothing: Final = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
            free: Final = {"batch_cost": 0.0, "batch_usage": nothing, "batch_models": []}
            kwargs = {**free, **kwargs}  # rebind-ok: what upstream goes on with
        ...

    def failure_handler(self, exception):
        mark_clients_own(exception, self.litellm_params.get("api_key"))
        ...

    async def async_failure_handler(self, exception):
        mark_clients_own(exception, self.litellm_params.get("api_key"))
        ...
