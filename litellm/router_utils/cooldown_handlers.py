"""A failure that a client's own token earned says nothing about the deployment, as one that upstream's advisor made does not.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned.
"""

from litellm.litellm_core_utils.oauth_failures import says_nothing_of_deployment


def is_advisor_orchestration_failure(exception):
    if says_nothing_of_deployment(exception):
        return True
    ...
