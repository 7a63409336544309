"""The Rust route for messages (`LITELLM_RUST=1`) steps aside for a call that may send an OAuth token.

It reads the credential from the environment itself and sends an OAuth token without its beta, where no Python touch sees it.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's Rust route sends the header set of docs/wire-contract.md and scopes a caller's token.
"""

from litellm.litellm_core_utils.oauth_scope import may_send_oauth


def _public_request(legacy, args, kwargs):
    if may_send_oauth(legacy.parameters, args, kwargs):
        return None
    ...
