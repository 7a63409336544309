"""An MCP server that is sent its clients' headers is not sent the LiteLLM key in them.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported: upstream takes the key off from 1.106 on.
"""

from litellm.llms.custom_httpx.oauth_exit import hold_litellm_key


class MCPClient:
    def _get_auth_headers(self):
        if self.extra_headers:
            self.extra_headers = {
                name: value for name, value in self.extra_headers.items() if not hold_litellm_key([value])[0]
            }
        ...
