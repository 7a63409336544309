"""A failure that a client's own token earned counts against no deployment and is not tried again with another credential.

Intent: failures
Upstream: none yet
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.router_utils.client_token_failures import raises_clients_own_failures, skips_failures_of_no_deployment


class Router:
    @skips_failures_of_no_deployment
    def deployment_callback_on_failure(self, kwargs, completion_response, start_time, end_time): ...

    @raises_clients_own_failures
    def should_retry_this_error(self, error, **kwargs): ...
