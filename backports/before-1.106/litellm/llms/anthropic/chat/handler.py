"""An error in the stream of a client's own token is the client's, with the status that its type stands for.

Intent: failures
Upstream: none yet
Remove when: upstream gives an error in a stream the status that its type stands for.
"""

from litellm.llms.anthropic.chat.clients_stream import knows_whose_it_is, raise_refusal


@knows_whose_it_is
async def make_call(*args, **kwargs): ...


@knows_whose_it_is
def make_sync_call(*args, **kwargs): ...


class ModelResponseIterator:
    def chunk_parser(self, chunk):
        raise_refusal(self, chunk)
        ...
