"""A refused LiteLLM key is told to the callbacks of this release as it is, unless it is one of LiteLLM's own.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported.
"""

from litellm.litellm_core_utils.oauth_masking import masked_argument


class UserAPIKeyAuthExceptionHandler:
    @staticmethod
    async def _handle_authentication_error(api_key):
        api_key = masked_argument(api_key)
        ...
