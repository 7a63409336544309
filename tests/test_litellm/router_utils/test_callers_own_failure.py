"""A refusal that a caller's own OAuth token earned: final, whatever a Router does with other failures."""

from __future__ import annotations

import datetime
import inspect
import secrets
from typing import Any

import httpx
import pytest
import respx

import litellm
from litellm.litellm_core_utils.litellm_logging import Logging
from litellm.litellm_core_utils.oauth_failures import as_clients_own, is_clients_own_failure
from litellm.llms.anthropic.oauth import OAuthToken
from litellm.utils import get_num_retries_from_retry_policy

TOKEN = "-".join(("sk", "ant", "oat01", secrets.token_urlsafe(24)))
API_KEYS = ["-".join(("sk", "ant", "api03", secrets.token_urlsafe(24))) for _ in range(2)]
ASKED: dict[str, Any] = {"model": "claude", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16}
REFUSALS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> litellm.Router:
    """A group of two deployments, which tries again."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    litellm.in_memory_llm_clients_cache.flush_cache()
    group = [
        {
            "model_name": "claude",
            "litellm_params": {"model": "anthropic/claude-sonnet-4-5", "api_key": key},
            "model_info": {"id": str(n)},
        }
        for n, key in enumerate(API_KEYS)
    ]
    return litellm.Router(model_list=group, num_retries=2, retry_after=0)


def _refused(router: litellm.Router, status: int, **given: Any) -> tuple[Exception, list[str]]:
    """What a call that Anthropic refuses raises, and the credential of each request that it made."""
    said = {"type": "error", "error": {"type": REFUSALS[status], "message": "no"}}
    with respx.mock() as mocked:
        route = mocked.route(host="api.anthropic.com").mock(return_value=httpx.Response(status, json=said))
        with pytest.raises(Exception) as raised:
            router.completion(**ASKED, **given)
    sent = [made.request.headers for made in route.calls]
    return raised.value, [headers.get("authorization") or headers["x-api-key"] for headers in sent]


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refused_token_is_final_for_its_group(router: litellm.Router, status: int) -> None:
    """One request, with the token and no other credential, and Anthropic's status for the caller."""
    raised, sent = _refused(router, status, extra_headers={"Authorization": f"Bearer {TOKEN}"})
    assert sent == [f"Bearer {TOKEN}"]
    assert getattr(raised, "status_code", None) == status


def test_a_refusal_of_the_deployments_own_key_is_tried_again(router: litellm.Router) -> None:
    """The control: what is the deployment's failure is tried again, with the keys of the group."""
    _, sent = _refused(router, 429)
    assert len(sent) > 1 and set(sent) <= {*API_KEYS}


@pytest.mark.asyncio
@pytest.mark.parametrize("call", ["failure_handler", "async_failure_handler"])
async def test_callbacks_are_told_whose_failure_it_is(call: str) -> None:
    """A refusal that comes while an answer is read is marked before a callback sees it; one of a deployment's own key is not."""
    started = datetime.datetime.now(datetime.timezone.utc)
    for key, is_callers in ((OAuthToken(TOKEN), True), (API_KEYS[0], False)):
        logging = Logging("claude", [], True, "completion", started, "a call", "a function", kwargs={"api_key": key})
        refusal = _refusal()
        done = getattr(logging, call)(refusal, "a traceback")
        if inspect.isawaitable(done):
            await done
        assert is_clients_own_failure(refusal) is is_callers


def test_no_policy_names_another_try_for_a_refused_token() -> None:
    """A policy that has refusals tried again says so of a deployment's own key, and nothing of what a caller's token earned."""
    policy = {"AuthenticationErrorRetries": 3}
    assert get_num_retries_from_retry_policy(_refusal(), policy) == 3
    assert get_num_retries_from_retry_policy(as_clients_own(_refusal()), policy) is None


def _refusal() -> litellm.AuthenticationError:
    return litellm.AuthenticationError("no", "anthropic", "claude")
