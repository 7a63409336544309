"""The cache of answers is asked by a key that leaves out what LiteLLM does not know of a request.

Intent: transparency
Upstream: none yet
Remove when: upstream has every field that it sends in the key of a cached answer.
"""

from litellm.caching.clients_cache_key import tells_callers_fields_apart


class Cache:
    @tells_callers_fields_apart
    def get_cache_key(self, **kwargs): ...
