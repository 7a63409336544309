"""A refused token is final whatever policy says how often to try; a failure of the caller's own says nothing of its deployment."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

import litellm
from litellm.types.router import RetryPolicy
from tests.support.origin import Origin
from tests.support.standin import MODEL, Anthropic
from tests.wire.conftest import Wire

_CALLS = ("completion", "acompletion", "aanthropic_messages", "aresponses")
_POLICY = RetryPolicy(
    BadRequestErrorRetries=2,
    AuthenticationErrorRetries=2,
    TimeoutErrorRetries=2,
    RateLimitErrorRetries=2,
    ContentPolicyViolationErrorRetries=2,
    InternalServerErrorRetries=2,
)
# Where a policy can stand, each as the Router's arguments and the call's.
_PLACES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Router": ({"retry_policy": _POLICY}, {}),
    "model group": ({"model_group_retry_policy": {"claude": _POLICY}}, {}),
    "both": ({"retry_policy": _POLICY, "model_group_retry_policy": {"claude": _POLICY}}, {}),
    "call": ({}, {"retry_policy": _POLICY}),
    "call, a number": ({}, {"num_retries": 2}),
}
if 'kwargs.pop("model_group_retry_policy"' in inspect.getsource(litellm.Router):
    # Not every release takes a group's policy with a call.
    _PLACES["call, for a group"] = ({}, {"model_group_retry_policy": {"claude": _POLICY}})


def _router(origin: Origin, key: str | None, **settings: Any) -> litellm.Router:
    """A group of two deployments at the origin."""
    own = {"api_key": key} if key is not None else {}
    deployments = [{"model": f"anthropic/{MODEL}", "api_base": origin.url, **own} for _ in range(2)]
    models = [
        {"model_name": "claude", "litellm_params": each, "model_info": {"id": str(number)}} for number, each in enumerate(deployments)
    ]
    return litellm.Router(model_list=models, retry_after=0, **{"num_retries": 2, **settings})


async def _failure(router: litellm.Router, call: str, **given: Any) -> Exception:
    asked: dict[str, Any] = (
        {"input": "hello"} if call == "aresponses" else {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 16}
    )
    function = getattr(router, call)
    with pytest.raises(Exception) as raised:
        await (function if call.startswith("a") else lambda **each: asyncio.to_thread(function, **each))(model="claude", **asked, **given)
    return raised.value


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429])
@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("call", _CALLS)
async def test_final_means_final(call: str, place: str, status: int, names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that Anthropic refused is sent once, and no other credential after it, though a policy asks for two retries of each kind."""
    settings, given = _PLACES[place]
    headers = {"Authorization": f"Bearer {names['token']}"}
    with Origin(Anthropic(statuses={names["token"]: status})) as origin:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
        failure = await _failure(_router(origin, names["api_key"], **settings), call, extra_headers=headers, **given)
        sent = [(request.header("authorization") == headers["Authorization"], request.header("x-api-key")) for request in origin.requests]
    assert sent == [(True, None)]
    assert getattr(failure, "status_code", None) == status


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["acompletion"])
async def test_the_operators_own_refusals_are_retried_as_ever(call: str, names: dict[str, str]) -> None:
    """The same policy holds for the deployment's own key, which Anthropic refuses: three requests, as upstream makes them."""
    with Origin(Anthropic(statuses={names["api_key"]: 429}, retry_after=0)) as origin:
        await _failure(_router(origin, names["api_key"], retry_policy=_POLICY, disable_cooldowns=True), call)
        assert len(origin.requests) == 3


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", _CALLS)
async def test_a_missing_credential_is_no_deployments_fault(call: str, loopback: tuple[Origin, Wire], names: dict[str, str]) -> None:
    """Four calls that bring no credential to a deployment that has none fail, each with what to set; the next, with a token, is served."""
    origin, wire = loopback
    router = _router(origin, None, num_retries=0, allowed_fails=0, cooldown_time=60)
    for _ in range(4):
        failure = await _failure(router, call)
        assert "ANTHROPIC_API_KEY" in str(failure), str(failure)[:300]
    assert wire.requests == []
    asked: dict[str, Any] = (
        {"input": "hello"} if call == "aresponses" else {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 16}
    )
    given = {"model": "claude", "extra_headers": {"Authorization": f"Bearer {names['token']}"}, **asked}
    await (getattr(router, call)(**given) if call.startswith("a") else asyncio.to_thread(router.completion, **given))
    assert [request.header("authorization") for request in wire.requests] == [f"Bearer {names['token']}"]
