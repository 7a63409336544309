"""A stream that answers a client's own request names the model as Anthropic names it.

Intent: transparency
Upstream: BerriAI/litellm#19017
Remove when: upstream leaves Anthropic's answer to a client's own token as it is.
"""

from litellm.llms.anthropic.clients_request import clients_request


class ProxyBaseLLMRequestProcessing:
    @staticmethod
    def async_sse_data_generator(restamp_model=None):
        asked = clients_request()
        restamp_model = restamp_model if asked is None or asked.answer is None else None
        ...
