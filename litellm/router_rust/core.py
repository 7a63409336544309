"""The Router asks its Rust core what to do next; what it is told of a failure, and with whose credential it goes on, is said here.

A refused token is final. The core walks on to the group's other deployments as it falls back (weights, `order`): there, a call of the
caller's would go out with another credential, and is answered with the refusal. A fallback to another group goes without the token.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries and fallbacks by whose credential failed.
"""

from typing import Final

from litellm.litellm_core_utils.oauth_arguments import drop_tokens
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
from litellm.router_rust.clients_failures import refusal_in, refused_in, tries_none_again


@tries_none_again
def attempt_failure(error): ...


class RustCore:
    def _recovery_call(self, request, origin, failure):
        if is_clients_own_failure(failure):
            refused_in(origin["group"], failure)
            drop_tokens(request)
        ...


class _Driver:
    def _failed(self, step, error):
        if is_clients_own_failure(error):
            refused_in(step.get("model"), error)
            drop_tokens(self._request)
        ...

    async def attempt(self, step):
        refused: Final = refusal_in(step.get("model"), self._level_errors)
        if refused is not None:
            return {**self._failed(step, {}, None, refused), "recorded": True}
        ...

    def attempt_sync(self, step):
        refused: Final = refusal_in(step.get("model"), self._level_errors)
        if refused is not None:
            return {**self._failed(step, {}, None, refused), "recorded": True}
        ...
