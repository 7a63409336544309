"""OpenAI's clients are exits too, and none is kept under a name that holds the token it was made with.

Intent: privacy
Upstream: none yet
Remove when: upstream's cache keys hold no key of a caller's, and its HTTP clients scope a client's token in one place.
"""

import hashlib
from typing import Final

from litellm.llms.anthropic.oauth import holds_token
from litellm.llms.custom_httpx.clients_exit import hands_on_clients_requests
from litellm.llms.custom_httpx.oauth_exit import guards_credentials
from litellm.llms.custom_httpx.redirects import keeps_credentials_at_origin


class BaseOpenAILLM:
    @staticmethod
    def get_openai_client_cache_key(client_initialization_params):
        key: Final = client_initialization_params.get("api_key")
        if holds_token(key):
            hashed: Final = hashlib.sha256(str(key).encode()).hexdigest()
            client_initialization_params = {  # rebind-ok: what upstream goes on with
                **client_initialization_params,
                "api_key": hashed,
            }
        ...

    @staticmethod
    @guards_credentials
    @keeps_credentials_at_origin
    @hands_on_clients_requests
    def _get_async_http_client(shared_session=None): ...

    @staticmethod
    @guards_credentials
    @keeps_credentials_at_origin
    @hands_on_clients_requests
    def _get_sync_http_client(): ...
