"""A token that is not written as one goes nowhere: no other provider gets it, no third party, and Anthropic's owner hears what is wrong."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import litellm
from litellm import Router
from tests.support.near_misses import NEAR_MISSES, NearMiss
from tests.support.origin import Origin
from tests.support.standin import MODEL, Anthropic
from tests.support.watching import tokens_in
from tests.wire.conftest import Wire
from tests.wire.others import OTHERS, destination

_CALLS = ("acompletion", "anthropic.messages.acreate", "aresponses")
# As httpx takes them: a header's value may be bytes.
_WRITINGS: dict[str, Callable[[str], str | bytes]] = {"text": str, "bytes": lambda value: value.encode()}
_RIGHT_FORM = "Authorization: Bearer"


def _asked(call: str, headers: dict[str, Any], **given: object) -> dict[str, Any]:
    message = {"role": "user", "content": "Say hello."}
    asked: dict[str, Any] = {"input": "Say hello."} if call == "aresponses" else {"messages": [message], "max_tokens": 16}
    return {**asked, "extra_headers": headers, **given}


async def _failure(call: str, given: dict[str, Any]) -> Exception | None:
    """What a call fails with, and None for one that succeeds: where a token may not go, either leaves it at home."""
    try:
        await operator.attrgetter(call)(litellm)(**given)
    except Exception as error:
        return error
    return None


@pytest.fixture
def third_party(names: dict[str, str]) -> Iterator[Origin]:
    """Somebody else's Anthropic-compatible origin, which no setting lists."""
    with Origin(Wire(Anthropic(), names["bearer"])) as origin:
        yield origin


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("provider", OTHERS)
async def test_no_other_provider_gets_a_token_however_it_is_written(provider: str, call: str, other: Origin, names: dict[str, str]) -> None:
    """No header with a token in its value, as text or as bytes, reaches another provider, and no failure repeats it."""
    model, needs = OTHERS[provider]
    for miss in NEAR_MISSES:
        for writing, written in _WRITINGS.items():
            headers = {miss.header: written(miss.value(names["token"])), "x-kept": "yes"}
            failure = await _failure(call, _asked(call, headers, model=model, **needs, **destination(provider, other.url)))
            told = tokens_in(failure)
            reached = tokens_in([(request.target, request.headers, request.body) for request in other.requests])
            assert not told and not reached, f"{miss.name} as {writing}: {told} {reached}"
    assert other.requests, "nothing arrived: what is asserted of the requests was asserted of none"
    assert any(request.header("x-kept") == "yes" for request in other.requests), "no header arrived at all"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("miss", NEAR_MISSES, ids=lambda miss: miss.name)
@pytest.mark.parametrize("call", _CALLS)
async def test_no_third_party_gets_a_token_however_it_is_written(
    call: str, miss: NearMiss, third_party: Origin, names: dict[str, str]
) -> None:
    """An `anthropic/` origin that is not listed gets nothing of it either, with a key of its own to go on with."""
    for written in _WRITINGS.values():
        given = _asked(call, {miss.header: written(miss.value(names["token"]))}, model=f"anthropic/{MODEL}")
        failure = await _failure(call, {**given, "api_base": third_party.url, "api_key": names["api_key"]})
        told = tokens_in(failure)
        reached = tokens_in([(request.target, request.headers, request.body) for request in third_party.requests])
        assert not told and not reached


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("key", [False, True], ids=["alone", "beside a key"])
@pytest.mark.parametrize("miss", [miss for miss in NEAR_MISSES if miss.meant], ids=lambda miss: miss.name)
@pytest.mark.parametrize("call", _CALLS)
async def test_who_meant_to_send_a_token_is_told_how(call: str, miss: NearMiss, key: bool, wire: Wire, names: dict[str, str]) -> None:
    """To Anthropic, a token that is not written as one is a 401 that names the right form, and no key is billed in its stead."""
    given = _asked(call, {miss.header: miss.value(names["token"])}, model=f"anthropic/{MODEL}")
    failure = await _failure(call, {**given, **({"api_key": names["api_key"]} if key else {})})
    assert wire.requests == []
    assert getattr(failure, "status_code", None) == 401 and _RIGHT_FORM in str(failure), f"{type(failure).__name__}: {str(failure)[:300]}"
    told = tokens_in(failure)
    assert not told


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("end", ["é", "\N{NO-BREAK SPACE}x", "\N{CYRILLIC SMALL LETTER A}"], ids=["accent", "space", "look-alike"])
@pytest.mark.parametrize("way", ["api_key", "extra_headers", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("call", _CALLS)
async def test_what_no_header_can_carry_is_malformed(
    call: str, way: str, end: str, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token with a character outside ASCII is refused with 401 before anything is sent, and is in nothing that hangs on the error."""
    token = names["token"] + end
    headers = {"Authorization": f"Bearer {token}"} if way == "extra_headers" else {}
    given = _asked(call, headers, model=f"anthropic/{MODEL}", **({"api_key": token} if way == "api_key" else {}))
    if way.startswith("ANTHROPIC"):
        monkeypatch.setenv(way, token)
    failure = await _failure(call, given)
    assert wire.requests == []
    assert getattr(failure, "status_code", None) == 401 and "Anthropic OAuth token" in str(failure), type(failure).__name__
    told = tokens_in(failure)
    assert not told


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", ["acompletion", "aanthropic_messages", "aresponses"])
async def test_a_malformed_token_is_no_deployments_fault(
    call: str, wire: Wire, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a Router whose first failure would cool a deployment down, the next call goes out at once, with the deployment's key."""
    deployments = [{"model": f"anthropic/{MODEL}", "api_key": names["api_key"]} for _ in range(2)]
    router = Router(model_list=[{"model_name": "claude", "litellm_params": each} for each in deployments], num_retries=0, allowed_fails=0)
    for end in ("é", "\x00", " and more"):
        given = _asked(call, {"Authorization": f"Bearer {names['token']}{end}"}, model="claude")
        for _ in range(4):
            with pytest.raises(Exception, match="Anthropic OAuth token"):
                await getattr(router, call)(**given)
    assert wire.requests == []
    await getattr(router, call)(**_asked(call, {}, model="claude"))
    assert [request.header("x-api-key") for request in wire.requests] == [names["api_key"]]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("call", _CALLS)
async def test_betas_under_every_spelling_count(call: str, wire: Wire, names: dict[str, str]) -> None:
    """A caller's betas under two spellings of the header's name, and in a list, all go out beside the token."""
    headers = {
        "Authorization": f"Bearer {names['token']}",
        "anthropic-beta": "context-1m-2025-08-07",
        "Anthropic-Beta": "made-up-2099-01-01, made-up-2099-02-02",
    }
    await operator.attrgetter(call)(litellm)(**_asked(call, headers, model=f"anthropic/{MODEL}"))
    (request,) = wire.requests
    betas = (request.header("anthropic-beta") or "").split(",")
    asked = {"context-1m-2025-08-07", "made-up-2099-01-01", "made-up-2099-02-02", "oauth-2025-04-20"}
    assert sorted(beta.strip() for beta in betas if beta.strip() in asked) == sorted(asked)
