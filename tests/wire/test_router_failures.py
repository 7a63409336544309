"""A Router, whose callers ask for retries, does not try a refused token again."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import litellm
from litellm.litellm_core_utils.oauth_failures import is_clients_own_failure
from litellm.router_utils.pre_call_checks import prompt_caching_deployment_check
from tests.support.origin import Origin
from tests.support.standin import MODEL, Anthropic


def _router(first: Origin, second: Origin, names: dict[str, str]) -> litellm.Router:
    """A group of two deployments with a key each, of which the first is asked first: it has all the weight."""
    group = [(first, 1), (second, 0)]
    return litellm.Router(
        model_list=[
            {
                "model_name": "claude",
                "litellm_params": {"model": f"anthropic/{MODEL}", "api_key": names["api_key"], "api_base": origin.url, "weight": weight},
            }
            for origin, weight in group
        ],
        num_retries=2,
        retry_after=0,
    )


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("is_async", [False, True], ids=["completion", "acompletion"])
async def test_a_refused_token_is_not_tried_again(
    status: int, is_async: bool, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request goes out, with the token; no other deployment of the group is asked, with the token or with its own key."""
    given = {"model": "claude", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16}
    headers = {"Authorization": f"Bearer {names['token']}"}
    with Origin(Anthropic(statuses={names["token"]: status})) as first, Origin(Anthropic()) as second:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", f"{first.url},{second.url}")
        router = _router(first, second, names)
        with pytest.raises(Exception) as raised:
            await router.acompletion(**given, extra_headers=headers) if is_async else router.completion(**given, extra_headers=headers)
        assert getattr(raised.value, "status_code", None) == status
        assert [request.header("authorization") for request in (*first.requests, *second.requests)] == [headers["Authorization"]]


# The ways in which a Router goes on within a group: each as its own settings, and those of the group's two deployments.
_WITHIN: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], dict[str, Any]]]] = {
    "retries": ({"num_retries": 2}, ({"weight": 1}, {"weight": 0})),
}
# A release whose Router goes on to the next `order` tells its checks which one it is at.
if "_target_order" in inspect.getsource(prompt_caching_deployment_check):
    _WITHIN["order"] = ({}, ({"order": 1}, {"order": 2}))
if "enable_weighted_failover" in inspect.signature(litellm.Router).parameters:
    _WITHIN["weights"] = ({"enable_weighted_failover": True}, ({"weight": 1}, {"weight": 0}))
_CALLS = ("completion", "acompletion", "aanthropic_messages", "aresponses")
_STREAMED_CALLS = ("acompletion streamed", "aanthropic_messages streamed", "aresponses streamed")
_REFUSED = [(call, status) for call in (*_CALLS, *_STREAMED_CALLS) for status in ("401", "429")]
_REFUSED += [(call, event) for call in _STREAMED_CALLS for event in ("authentication_error", "rate_limit_error")]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("falls_back", [False, True], ids=["no fallback", "fallback"])
@pytest.mark.parametrize(("call", "refused"), _REFUSED)
@pytest.mark.parametrize("way", _WITHIN)
async def test_a_refused_token_is_final_for_its_group(
    way: str, call: str, falls_back: bool, refused: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the group is not asked, with the token or another key; a fallback to another group goes without the token.

    So it is for a status, and for an error that is the first event of a stream.
    """
    settings, places = _WITHIN[way]
    token, key = names["token"], names["api_key"]
    judge = Anthropic(statuses={token: int(refused)}) if refused.isdigit() else Anthropic(stream_errors={token: refused})
    with Origin(judge) as first, Origin(judge) as second, Origin(judge) as other:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", f"{first.url},{second.url},{other.url}")
        deployments = [("claude", first, places[0]), ("claude", second, places[1]), ("other", other, {})]
        models = [
            {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url, **place}}
            for name, origin, place in deployments
        ]
        fallbacks = [{"claude": ["other"]}] if falls_back else []
        router = litellm.Router(model_list=models, fallbacks=fallbacks, retry_after=0, **settings)
        failure = await _failure_of(router, call, {"Authorization": f"Bearer {token}"})
        assert _credentials(first) == [(f"Bearer {token}", None)] and _credentials(second) == []
        assert _credentials(other) in [[(None, key)] * falls_back, [(None, key)] * (falls_back and refused.isdigit())]
    if refused.isdigit():
        assert failure is None if falls_back else getattr(failure, "status_code", None) == int(refused)


@pytest.mark.parametrize(("event", "status"), [("authentication_error", 401), ("rate_limit_error", 429)])
def test_a_synchronous_stream_has_the_status_of_its_error(
    event: str, status: int, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error as the first event of a stream that is read without a loop is raised as the refusal that it is."""
    with Origin(Anthropic(stream_errors={names["token"]: event})) as anthropic:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", anthropic.url)
        asked: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 16, "stream": True}
        headers = {"Authorization": f"Bearer {names['token']}"}
        with pytest.raises(Exception) as raised:
            list(litellm.completion(f"anthropic/{MODEL}", **asked, extra_headers=headers, api_base=anthropic.url))
    assert (getattr(raised.value, "status_code", None), is_clients_own_failure(raised.value)) == (status, True)


def _credentials(origin: Origin) -> list[tuple[str | None, str | None]]:
    return [(request.header("authorization"), request.header("x-api-key")) for request in origin.requests]


async def _failure_of(router: litellm.Router, call: str, headers: dict[str, str]) -> Exception | None:
    name, _, streamed = call.partition(" ")
    asked: dict[str, Any] = (
        {"input": "hello"} if name == "aresponses" else {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 16}
    )
    try:
        answer = getattr(router, name)(model="claude", extra_headers=headers, **asked, **({"stream": True} if streamed else {}))
        answer = await answer if inspect.isawaitable(answer) else answer
        if streamed:
            async for _ in answer:
                pass
    except Exception as failure:
        return failure
    return None


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["acompletion", "aanthropic_messages"])
async def test_a_fallback_that_refuses_a_token_is_the_last_to_get_it(
    call: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first group is overloaded, the second is asked with the token; once it refuses it, the third is asked without."""
    token, key = names["token"], names["api_key"]
    overloaded, refuses = Anthropic(statuses={token: 529, key: 529}), Anthropic(statuses={token: 403})
    with Origin(overloaded) as first, Origin(refuses) as second, Origin(refuses) as third:
        monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", f"{first.url},{second.url},{third.url}")
        groups = {"claude": first, "second": second, "third": third}
        models = [
            {"model_name": name, "litellm_params": {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url}}
            for name, origin in groups.items()
        ]
        router = litellm.Router(model_list=models, fallbacks=[{"claude": ["second", "third"]}], num_retries=0, retry_after=0)
        assert await _failure_of(router, call, {"Authorization": f"Bearer {token}"}) is None
        assert [_credentials(each) for each in groups.values()] == [[(f"Bearer {token}", None)], [(f"Bearer {token}", None)], [(None, key)]]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["completion", "acompletion", "responses", "aresponses"])
@pytest.mark.parametrize("status", [401, 429])
async def test_a_call_of_its_own_does_not_retry_a_refused_token(
    status: int, call: str, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a Router, `num_retries` sends a refused token once, and a refused API key as often as upstream does."""
    asked: dict[str, Any] = {"input": "hi"} if "responses" in call else {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 16}
    sent = []
    for credential in (names["token"], names["api_key"]):
        given = {"extra_headers": {"Authorization": f"Bearer {credential}"}} if credential == names["token"] else {"api_key": credential}
        with Origin(Anthropic(statuses={credential: status})) as origin:
            monkeypatch.setenv("LITELLM_ANTHROPIC_OAUTH_ORIGINS", origin.url)
            with pytest.raises(Exception) as raised:
                made = getattr(litellm, call)(model=f"anthropic/{MODEL}", **asked, **given, api_base=origin.url, num_retries=2)
                await made if inspect.isawaitable(made) else made
            assert getattr(raised.value, "status_code", None) == status
            sent.append(len(origin.requests))
    # A response is asked for in a completion, and each of both is tried again.
    assert sent == [1, 5 if "responses" in call else 3]
