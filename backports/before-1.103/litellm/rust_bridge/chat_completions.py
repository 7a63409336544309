"""From 1.99 to 1.102 chat completions have a Rust route, too (`LITELLM_RUST=1`): it steps aside for a call that may send an OAuth token.

A refusal of the token would come back as any other, and count against its deployment.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the fork no longer builds releases before 1.103.
"""

from litellm.litellm_core_utils.oauth_scope import may_send_oauth


def rust_chat_completions_accepts(litellm_params):
    if may_send_oauth({}, (), dict(litellm_params or {})):
        return False
    ...
