"""A stream that is given up writes no context variable while it is taken away, unless the operator's logs need that.

Before Python 3.12 objects are taken away in the middle of anything, another request's write of a context variable among it. A second write
then frees what the first works on: a request is answered 500, or the process crashes (python/cpython#148891), and a client's own request is
held in such a variable.

Intent: transparency
Upstream: none yet
Remove when: upstream writes no context variable from a finalizer.
"""

import litellm


class CustomStreamWrapper:
    def __del__(self):
        # Without this setting no call has set what would be put back. At the interpreter's end the module may be gone.
        if not getattr(litellm, "request_correlation_in_logs", False):
            return
        ...
