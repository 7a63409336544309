"""A refused LiteLLM key is told to the callbacks of this release as it is, unless it is one of LiteLLM's own.

Intent: privacy
Upstream: none yet
Remove when: the line ends, or upstream backports the hashing of refused keys to it.
"""

from litellm.proxy.client_tokens import masks_refused_key


class UserAPIKeyAuthExceptionHandler:
    @staticmethod
    @masks_refused_key
    async def _handle_authentication_error(e, request, request_data, route, parent_otel_span, api_key): ...
