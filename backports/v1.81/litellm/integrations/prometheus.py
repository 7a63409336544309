"""Prometheus counts a deployment's failures and calls it down: not for one that a client's own token earned.

Intent: failures
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.router_utils.client_token_failures import skips_failures_of_no_deployment


class PrometheusLogger:
    @skips_failures_of_no_deployment
    def set_llm_deployment_failure_metrics(self, request_kwargs): ...
