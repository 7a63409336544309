"""The proxy's start, where settings are checked, and its error handler, which knows no route's own shape of an error.

Intent: failures
Upstream: none yet
Remove when: upstream answers auth errors in Anthropic's shape on Anthropic's routes and passes retry-after on.
"""

from litellm.proxy.client_errors import answers_as_anthropic
from litellm.proxy.pass_through_endpoints.client_credentials import serves_client_tokens


@serves_client_tokens
async def proxy_startup_event(app): ...


@answers_as_anthropic
async def openai_exception_handler(request, exc): ...
