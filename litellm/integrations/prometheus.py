"""Prometheus counts a deployment's failures and calls it down: not for one that a client's own token earned.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned.
"""

from litellm.router_utils.client_token_failures import skips_failures_of_no_deployment


class PrometheusLogger:
    @skips_failures_of_no_deployment
    def set_llm_deployment_failure_metrics(self, request_kwargs): ...
