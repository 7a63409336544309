"""A stream that answers a client's own request names the model as Anthropic names it.

Intent: transparency
Upstream: BerriAI/litellm#19017
Remove when: upstream leaves Anthropic's answer to a client's own token as it is.
"""

from typing import Final

from litellm.llms.anthropic.clients_request import clients_request


class ProxyBaseLLMRequestProcessing:
    @staticmethod
    def async_sse_data_generator(restamp_model=None):
        asked: Final = clients_request()
        answered: Final = asked is not None and asked.answer is not None
        restamp_model = None if answered else restamp_model  # rebind-ok: what upstream goes on with
        ...
