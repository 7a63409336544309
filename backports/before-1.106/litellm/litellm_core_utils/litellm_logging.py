"""What a call keeps for its callbacks: an OAuth token in it is masked before it is stored.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_failures import mark_clients_own
from litellm.litellm_core_utils.oauth_masking import masked_argument


class Logging:
    def __init__(self, kwargs=None):
        kwargs = masked_argument(kwargs)
        ...

    def update_environment_variables(self, litellm_params, optional_params):
        litellm_params, optional_params = masked_argument(litellm_params), masked_argument(optional_params)
        ...

    def pre_call(self, input, api_key, additional_args={}):
        api_key, additional_args = masked_argument(api_key), masked_argument(additional_args)
        ...

    def post_call(self, original_response, api_key=None, additional_args={}):
        api_key, additional_args = masked_argument(api_key), masked_argument(additional_args)
        ...

    def failure_handler(self, exception):
        mark_clients_own(exception, self.litellm_params.get("api_key"))
        ...

    async def async_failure_handler(self, exception):
        mark_clients_own(exception, self.litellm_params.get("api_key"))
        ...
