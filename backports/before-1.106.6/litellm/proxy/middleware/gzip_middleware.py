"""In 1.105.0 to 1.105.6 and 1.106.0 to 1.106.5 upstream compresses any answer: not one that is read on its way out.

Intent: transparency
Upstream: BerriAI/litellm#19017
Remove when: the fork no longer builds releases before 1.106.6.
"""

from litellm.llms.anthropic.clients_request import clients_request


class GZipBufferedResponseMiddleware:
    async def __call__(self, scope, receive, send):
        if clients_request() is not None:
            await self.app(scope, receive, send)
            return
        ...
