"""What Prometheus counts against a deployment."""

from __future__ import annotations

from typing import Any

import pytest

import litellm
from litellm.integrations.prometheus import PrometheusLogger
from litellm.litellm_core_utils.oauth_failures import marks_failure
from litellm.llms.anthropic.oauth import OAuthToken


class _Call(dict[str, Any]):
    """A call's details that know whether counting has begun, which reads the logging payload first."""

    is_read = False

    def get(self, key: str, default: Any = None) -> Any:
        self.is_read = self.is_read or key == "standard_logging_object"
        return super().get(key, default)


@marks_failure
def _refused(model: str, api_key: str, custom_llm_provider: str) -> None:
    raise litellm.AuthenticationError(message="no", llm_provider=custom_llm_provider, model=model)


def _failed_with(api_key: str) -> Exception:
    with pytest.raises(litellm.AuthenticationError) as refusal:
        _refused(model="claude", api_key=api_key, custom_llm_provider="anthropic")
    return refusal.value


def _is_counted(error: Exception) -> bool:
    call = _Call(exception=error)
    PrometheusLogger.set_llm_deployment_failure_metrics(object.__new__(PrometheusLogger), call)
    return call.is_read


def test_a_failure_of_the_clients_own_token_is_not_counted() -> None:
    """A 401 earned with a client's token leaves the deployment's metrics alone; one earned with the deployment's own key is counted."""
    assert _is_counted(_failed_with("key-of-the-deployment"))
    assert not _is_counted(_failed_with(OAuthToken("-".join(("sk", "ant", "oat01", "nobodys")))))
