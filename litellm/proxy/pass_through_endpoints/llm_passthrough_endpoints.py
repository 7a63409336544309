"""The `/anthropic/*` pass-through: the client's own token wins over the proxy's credential, where it may go.

Intent: forwarding
Upstream: BerriAI/litellm#19618
Remove when: upstream's pass-through prefers a client's token and scopes it by origin.
"""

import os
from typing import Final

from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN
from litellm.proxy.pass_through_endpoints.client_credentials import clients_credential


def _upstream_headers_for_anthropic_route(request, proxy_auth_header):
    base: Final = os.getenv("ANTHROPIC_API_BASE") or os.getenv("ANTHROPIC_BASE_URL") or ANTHROPIC_ORIGIN
    proxy_auth_header = clients_credential(request, base, proxy_auth_header)  # rebind-ok: what upstream goes on with
    ...
