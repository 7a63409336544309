"""A failure that a client's own token earned says nothing about the deployment, as one that upstream's advisor made does not.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned.
"""

from litellm.router_utils.client_token_failures import or_no_sign_of_health


@or_no_sign_of_health
def is_advisor_orchestration_failure(exception): ...
