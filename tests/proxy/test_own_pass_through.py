"""What an operator's own pass-through forwards: never the LiteLLM key, and a client's token as the contract says or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.near_misses import NEAR_MISSES, NearMiss
from tests.support.origin import Request
from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT
from tests.support.proxy_scene import Scene, wire_headers
from tests.support.standin import MODEL, OAUTH_BETA, REPLY
from tests.support.watching import tokens_in

MESSAGE = {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}]}
BROWSER = {"anthropic-dangerous-direct-browser-access": "true"}
# Whose answer is 200 with the operator's credential for it; `keyless` has none and asks for none.
ENDPOINTS = ("gpt", "keyless", "third", "anthropic")
ELSEWHERE = ("gpt", "keyless", "third")
KEY_HEADERS = ("x-litellm-api-key", "Authorization", "x-api-key", "api-key", "x-goog-api-key", "Ocp-Apim-Subscription-Key")


@dataclass(frozen=True)
class Spread:
    """Where a LiteLLM key stands in a request beside the header that authenticates it."""

    name: str
    headers: Callable[[str], list[tuple[str, str]]] = lambda key: []
    query: Callable[[str], dict[str, str]] = lambda key: {}


SPREADS = (
    *(Spread(f"also in {header}", lambda key, header=header: [(header, key)]) for header in KEY_HEADERS[1:]),  # type: ignore[misc]
    Spread("also as a bearer", lambda key: [("Authorization", f"Bearer {key}")]),
    Spread("cookie", lambda key: [("Cookie", f"theme=dark; token={key}")]),
    Spread("x-pass-", lambda key: [("x-pass-x-foo", key)]),
    Spread("any header", lambda key: [("x-notes", f"mine is {key}")]),
    Spread("query", query=lambda key: {"key": key, "page": "1"}),
    Spread("twice", lambda key: [("x-litellm-api-key", "sk-another"), ("x-notes", key), ("x-api-key", key)]),
    Spread("twice elsewhere", lambda key: [("x-api-key", key), ("x-api-key", "sk-another"), ("x-goog-api-key", key)]),
)


def _own_credential(stage: Scene, endpoint: str) -> dict[str, str]:
    """What the operator sends along, as it stands in the configuration."""
    (found,) = (each for each in stage.pass_through_endpoints() if each["path"] == f"/own/{endpoint}")
    headers = found["headers"]
    assert isinstance(headers, dict)
    return {name.lower(): value for name, value in headers.items()}


def _call(proxy: Proxy, path: str, headers: list[tuple[str, str]], query: dict[str, str] | None = None) -> httpx.Response:
    # Every client of Anthropic's own pass-through sends its version; what stands behind the others is the operator's affair.
    version = [("anthropic-version", "2023-06-01")] if path.startswith("/anthropic/") else []
    return CLIENT.post(proxy.url + path, headers=[*headers, *version, ("x-kept", "yes")], params=query, json=MESSAGE)


def _arrived(stage: Scene) -> list[Request]:
    return [*stage.anthropic.requests, *stage.third.requests, *stage.other_calls()]


def _key_stands_in(stage: Scene, request: Request) -> list[str]:
    """Names of the headers that hold a LiteLLM key, and `target` or `body` where it stands there."""
    parts = {**dict(request.headers), "target": request.target, "body": request.body.decode()}
    return [name for name, value in parts.items() if any(key in value for key in stage.litellm_keys)]


@pytest.mark.parametrize("spread", SPREADS, ids=lambda spread: spread.name)
@pytest.mark.parametrize("path", [*(f"/own/{endpoint}" for endpoint in ENDPOINTS), "/anthropic/v1/messages"])
def test_the_litellm_key_stays_here_wherever_it_stands(stage: Scene, hooked_proxy: Proxy, path: str, spread: Spread) -> None:
    """A client that puts its LiteLLM key into more places than one is served, and none of them is forwarded; other headers are."""
    stage.clear()
    headers = [("x-litellm-api-key", stage.litellm_key), *spread.headers(stage.litellm_key)]
    answer = _call(hooked_proxy, path, headers, spread.query(stage.litellm_key))
    (sent,) = _arrived(stage)
    standing = _key_stands_in(stage, sent)
    assert not standing
    assert answer.status_code == 200, answer.text[:500]
    if path.startswith("/own/"):
        expected = {**_own_credential(stage, path.removeprefix("/own/")), "x-kept": "yes"}
        ours = {name: value for name, value in wire_headers(sent).items() if value != "sk-another" and name != "cookie"}
        assert ours == expected
    assert not spread.query("") or "page=1" in sent.target


@pytest.mark.parametrize("header", KEY_HEADERS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_header_that_authenticates_stays_here(stage: Scene, hooked_proxy: Proxy, endpoint: str, header: str) -> None:
    """Whichever header brings the LiteLLM key, the target gets the operator's own headers and the client's others, and nothing else."""
    stage.clear()
    answer = _call(
        hooked_proxy, f"/own/{endpoint}", [(header, f"Bearer {stage.litellm_key}" if header == "Authorization" else stage.litellm_key)]
    )
    (sent,) = _arrived(stage)
    assert not _key_stands_in(stage, sent)
    assert wire_headers(sent) == {**_own_credential(stage, endpoint), "x-kept": "yes"}
    assert answer.status_code == 200, answer.text[:500]


@pytest.mark.parametrize("order", ["first", "last"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_key_header_that_comes_twice_opens_no_gap(stage: Scene, hooked_proxy: Proxy, endpoint: str, order: str) -> None:
    """Of two `x-litellm-api-key` lines one is the key: whichever of them is read, the key leaves in no other header."""
    stage.clear()
    lines = [("x-litellm-api-key", stage.litellm_key), ("x-litellm-api-key", "sk-another")]
    answer = _call(hooked_proxy, f"/own/{endpoint}", [*(lines if order == "first" else lines[::-1]), ("x-notes", stage.litellm_key)])
    standing = [name for request in _arrived(stage) for name in _key_stands_in(stage, request)]
    assert not standing
    assert answer.status_code == 200 if _arrived(stage) else answer.status_code in (400, 401), answer.text[:500]


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
@pytest.mark.parametrize("endpoint", ["anthropic", "raw", "bearer"])
def test_a_clients_token_goes_to_anthropic_as_the_contract_says(stage: Scene, hooked_proxy: Proxy, endpoint: str, header: str) -> None:
    """The one bearer is the client's, with its betas and OAuth's; neither the operator's credential nor the LiteLLM key is beside it."""
    token = stage.token()
    stage.clear()
    headers = [("x-litellm-api-key", stage.litellm_key), ("anthropic-beta", "context-1m-2025-08-07")]
    value = f"Bearer {token}" if header == "Authorization" else token
    answer = _call(hooked_proxy, f"/own/{endpoint}", [*headers, (header, value)])
    (sent,) = _arrived(stage)
    assert wire_headers(sent) == {
        "authorization": f"Bearer {token}",
        "anthropic-beta": f"context-1m-2025-08-07,{OAUTH_BETA}",
        "anthropic-version": "2023-06-01",
        "x-kept": "yes",
        **BROWSER,
    }
    assert answer.status_code == 200, answer.text[:500]


@pytest.mark.parametrize("endpoint", ["anthropic", "raw", "bearer"])
def test_without_a_body_none_arrives(stage: Scene, hooked_proxy: Proxy, endpoint: str) -> None:
    """A client's request that has no body is refused by Anthropic as the client wrote it: LiteLLM makes up no object."""
    stage.clear()
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token(400)}"}
    CLIENT.post(f"{hooked_proxy.url}/own/{endpoint}", headers=headers)
    assert [request.body for request in stage.anthropic.requests] == [b""]


@pytest.mark.parametrize("endpoint", ["raw", "bearer"])
def test_an_operators_own_token_goes_out_as_a_bearer(stage: Scene, hooked_proxy: Proxy, endpoint: str) -> None:
    """A token that the operator configured as a pass-through's header arrives as Anthropic takes it, under whichever name it stands."""
    stage.clear()
    answer = _call(hooked_proxy, f"/own/{endpoint}", [("x-litellm-api-key", stage.litellm_key)])
    (sent,) = _arrived(stage)
    assert wire_headers(sent) == {
        "authorization": f"Bearer {stage.operator_token}",
        "anthropic-beta": OAUTH_BETA,
        "anthropic-version": "2023-06-01",
        "x-kept": "yes",
        **BROWSER,
    }
    assert answer.status_code == 200, answer.text[:500]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_a_clients_token_goes_nowhere_else(stage: Scene, hooked_proxy: Proxy, endpoint: str) -> None:
    """At another provider's pass-through, or a third party's, the operator's own headers and the client's others are all that arrives."""
    stage.clear()
    token = stage.token()
    headers = [("x-litellm-api-key", stage.litellm_key), ("Authorization", f"Bearer {token}"), ("anthropic-beta", OAUTH_BETA)]
    answer = _call(hooked_proxy, f"/own/{endpoint}", headers)
    (sent,) = _arrived(stage)
    assert wire_headers(sent) == {**_own_credential(stage, endpoint), "x-kept": "yes"}
    assert answer.status_code == 200, answer.text[:500]


@pytest.mark.parametrize("miss", NEAR_MISSES, ids=lambda miss: miss.name)
@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_nor_does_what_is_almost_a_token(stage: Scene, hooked_proxy: Proxy, endpoint: str, miss: NearMiss) -> None:
    """However a client wrote its token, as a header, a cookie or a parameter, it does not arrive there."""
    stage.clear()
    for query in ({}, {"key": stage.token()}):
        answer = _call(
            hooked_proxy, f"/own/{endpoint}", [("x-litellm-api-key", stage.litellm_key), (miss.header, miss.value(stage.token()))], query
        )
        assert answer.status_code in (200, 401), answer.text[:500]
        told = tokens_in(answer.text, dict(answer.headers))
        assert not told
    reached = tokens_in([(request.target, request.headers, request.body) for request in _arrived(stage)])
    assert not reached


@pytest.mark.parametrize("brought", ["the LiteLLM key", "a token", "a token in x-api-key", "a token in another header"])
def test_an_mcp_server_gets_neither(stage: Scene, hooked_proxy: Proxy, brought: str) -> None:
    """A server that is to be sent the client's `authorization`, `x-api-key` and `x-notes` gets no credential that is not meant for it."""
    token, key = stage.token(), stage.litellm_key
    headers = {
        "the LiteLLM key": {"Authorization": f"Bearer {key}", "x-notes": "plain"},
        "a token": {"x-litellm-api-key": f"Bearer {key}", "Authorization": f"Bearer {token}", "x-notes": "plain"},
        "a token in x-api-key": {"x-litellm-api-key": f"Bearer {key}", "x-api-key": token, "x-notes": "plain"},
        "a token in another header": {"x-litellm-api-key": f"Bearer {key}", "x-notes": f"Bearer\t{token}"},
    }[brought]
    stage.clear()
    _use_a_tool(hooked_proxy, headers)
    asked = [request for request in stage.other.requests if request.path.endswith("/mcp")]
    assert asked
    reached = tokens_in([request.headers for request in asked])
    assert not reached
    assert not [name for request in asked for name in _key_stands_in(stage, request)]
    if "plain" in headers.values():
        assert any(request.header("x-notes") == "plain" for request in asked), "what the server is configured to be sent did not arrive"


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_an_mcp_server_gets_no_virtual_key(stage: Scene, workers: Proxy, header: str) -> None:
    """A key that the operator's own authentication has accepted is a LiteLLM key too, and no MCP server is sent it."""
    key = stage.virtual_key()
    stage.clear()
    _use_a_tool(workers, {header: f"Bearer {key}" if header == "authorization" else key, "x-notes": "plain"})
    asked = [request for request in stage.other.requests if request.path.endswith("/mcp")]
    assert any(request.header("x-notes") == "plain" for request in asked), "what the server is configured to be sent did not arrive"
    assert not [name for request in asked for name in _key_stands_in(stage, request)]


def _use_a_tool(proxy: Proxy, headers: dict[str, str]) -> None:
    """List the tools that the proxy offers, and call the one there is."""
    (server,) = CLIENT.get(f"{proxy.url}/v1/mcp/server", headers=headers).json()
    listed = CLIENT.get(f"{proxy.url}/mcp-rest/tools/list", headers=headers)
    assert listed.status_code == 200, listed.text[:500]
    (tool,) = listed.json()["tools"]
    body = {"name": tool["name"], "arguments": {}, "server_id": server["server_id"]}
    called = CLIENT.post(f"{proxy.url}/mcp-rest/tools/call", headers=headers, json=body)
    assert called.status_code == 200 and REPLY in called.text, called.text[:500]
