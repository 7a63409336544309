"""Before 1.105.7 and 1.106.6 upstream compresses any answer: not one that is read on its way out, to become Anthropic's own.

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
