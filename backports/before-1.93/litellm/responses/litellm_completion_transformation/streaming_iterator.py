"""A refusal as the first event of a stream of Responses reaches the client, where the Router trips over an attribute of the stream.

From 1.87 on it looks for a complete response, whichever stream of Responses broke off; before 1.93 one made of chat chunks has none.

Intent: failures
Upstream: none yet
Remove when: the fork no longer builds releases before 1.93.
"""


class LiteLLMCompletionStreamingIterator:
    def __init__(self):
        self.completed_response = None
        ...
