"""Prometheus counts a deployment's failures and calls it down: not for one that a client's own token earned.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned.
"""

from litellm.litellm_core_utils.oauth_failures import says_nothing_of_deployment


class PrometheusLogger:
    def set_llm_deployment_failure_metrics(self, request_kwargs):
        if says_nothing_of_deployment(request_kwargs.get("exception")):
            return
        ...
