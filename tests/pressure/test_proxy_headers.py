"""What the proxy makes of a request's head and body, on whatever a server lets through to it, from the entrance to the exit."""

from __future__ import annotations

import inspect
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

import litellm
from litellm.llms.anthropic import oauth as policy
from litellm.llms.custom_httpx import oauth_exit
from litellm.proxy import proxy_server
from litellm.proxy._types import ProxyException, UserAPIKeyAuth, hash_token
from litellm.proxy.auth.litellm_key import KEY_HEADERS
from litellm.proxy.auth.user_api_key_auth import get_api_key
from litellm.proxy.client_headers import SealsClientTokens, seal_client_credentials
from litellm.proxy.litellm_pre_call_utils import clean_headers
from litellm.proxy.pass_through_endpoints.client_credentials import credentials_for, forwarded_headers, query_of
from tests.pressure import inputs
from tests.pressure.inputs import ANTHROPIC, ELSEWHERE, KEY, LISTED, LITELLM_KEY, OTHER, TOKEN, in_clear, says

T = TypeVar("T")
_PREFIX = policy.OAUTH_TOKEN_PREFIX
# 1.81 has no more than the headers and the name of one.
_CLEANS_BY = inspect.signature(clean_headers).parameters
_USER = UserAPIKeyAuth(api_key=hash_token(LITELLM_KEY))
_QUERIES = st.one_of(
    st.lists(st.tuples(inputs.texts, inputs.texts), max_size=4).map(lambda pairs: str(httpx.QueryParams(pairs))),
    st.text(alphabet="abk=&;%20+-?#", max_size=20),
)


@pytest.fixture(scope="module", autouse=True)
def _an_operators_proxy() -> Iterator[None]:
    """A process with a proxy's master key, and one listed origin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proxy_server, "master_key", LITELLM_KEY)
        patch.setattr(litellm, "anthropic_oauth_origins", [LISTED], raising=False)
        yield


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for something")


def entered(fields: list[tuple[bytes, bytes]], query: str = "") -> Request:
    """The request that the proxy's own code sees of these fields, as a server hands them on: names in lower case."""
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    head = [(name.lower(), value) for name, value in fields]
    scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": query.encode("latin-1"), "headers": head}
    done(SealsClientTokens(app)(scope, receive, receive))  # type: ignore[arg-type]
    return Request(seen[0], receive)  # type: ignore[arg-type]


def refused_clearly(error: ProxyException) -> None:
    """A refusal is the client's: 401, in words that repeat no credential."""
    assert int(error.code) == 401 and not says(error.message, TOKEN, OTHER, LITELLM_KEY, KEY)


@given(fields=inputs.fields, forward=st.booleans(), by=st.sampled_from([None, *KEY_HEADERS]), custom=st.sampled_from([None, "x-notes"]))
@example(
    fields=[(b"authorization", f"Bearer {TOKEN}".encode()), (b"anthropic-beta", LITELLM_KEY.encode())], forward=False, by=None, custom=None
)
@example(
    fields=[(b"x-api-key", f"Basic{TOKEN}".encode()), (b"x-api-key", f"x{LITELLM_KEY}".encode())], forward=True, by=None, custom="x-notes"
)
def test_of_any_head_the_proxy_keeps_a_mask_and_no_key(
    fields: list[tuple[bytes, bytes]], forward: bool, by: str | None, custom: str | None
) -> None:
    """Cleaned, a request's headers show no token and no LiteLLM key, whichever came how often."""
    headers = entered(fields).headers
    try:
        asked = {"litellm_key_header_name": custom, "forward_llm_provider_auth_headers": forward, "authenticated_with_header": by}
        kept = clean_headers(headers, **{name: value for name, value in asked.items() if name in _CLEANS_BY})
    except ProxyException as error:
        return refused_clearly(error)
    assert not says(kept, TOKEN, OTHER, LITELLM_KEY)
    sealed = [value for value in kept.values() if isinstance(value, policy.OAuthToken)]
    written = [value.decode("latin-1") for name, value in fields if name.lower() in (b"authorization", b"x-api-key")]
    assert len(sealed) <= 1
    assert not sealed or sealed[0] in [policy.oauth_token(value) for value in written if policy.is_anthropic_oauth_key(value)]
    return None


@given(fields=inputs.fields, route=st.sampled_from(["/v1/messages", "/anthropic/v1/messages", "/health/liveliness"]))
@example(fields=[(b"x-api-key", TOKEN.encode())], route="/health/liveliness")
def test_of_any_head_no_token_is_taken_for_a_litellm_key(fields: list[tuple[bytes, bytes]], route: str) -> None:
    """What the proxy authenticates with is never a token; a head without a key, or with a near miss, is refused as the client's error.

    On a public route nobody is authenticated and a lone token is not refused: what is read of it there is its mask.
    """
    request = entered(fields)
    first = {name: request.headers.get(name) for name in KEY_HEADERS}
    custom, api_key, azure, anthropic, google, apim = (first[name] for name in KEY_HEADERS)
    try:
        key, passed = get_api_key(custom, api_key or "", azure, anthropic, google, apim, None, route, request)
    except ProxyException as error:
        return refused_clearly(error)
    assert not says([key, passed], TOKEN, OTHER)
    assert not policy.holds_token(key) or (route == "/health/liveliness" and policy.MASK in key)
    return None


@given(
    fields=inputs.fields,
    query=_QUERIES,
    target=st.sampled_from([ANTHROPIC, ANTHROPIC, LISTED, ELSEWHERE]),
    own=st.sampled_from([{}, {"x-api-key": KEY}, {"Authorization": f"Bearer {inputs.BEARER}"}]),
    forward=st.booleans(),
)
@example(fields=[], query=f"a={TOKEN}&{LITELLM_KEY}=b", target=LISTED, own={}, forward=False)
@example(fields=[], query=f"{TOKEN}=b", target=ANTHROPIC, own={}, forward=True)
def test_of_any_head_a_pass_through_sends_one_credential(
    fields: list[tuple[bytes, bytes]], query: str, target: str, own: dict[str, str], forward: bool
) -> None:
    """From the entrance to the exit, a pass-through's request holds the client's token at Anthropic alone, and the LiteLLM key nowhere."""
    request = entered(fields, query)
    try:
        headers = done(credentials_for(request, target, dict(own), _USER, forward))
        sent = forwarded_headers(dict(request.headers), headers, forward)
        passed = query_of(request, None, _USER)
        made = httpx.Request("POST", target, headers=[(n.encode(), str(v).encode("latin-1")) for n, v in sent.items()], params=passed)
        oauth_exit._leaves(made)
    except ProxyException as error:
        return refused_clearly(error)
    except litellm.AuthenticationError as error:
        assert not says(error, TOKEN, OTHER, LITELLM_KEY)
        return None
    left = [(name.lower(), value.decode("latin-1")) for name, value in made.headers.raw]
    assert not says([*left, str(passed), request.url.query], LITELLM_KEY) and not says([str(passed), request.url.query], TOKEN, OTHER)
    held = [(name, value) for name, value in left if _PREFIX in value]
    credentials = [pair for pair in left if pair[0] in (b"authorization", b"x-api-key")]
    if target == ELSEWHERE:
        assert not held
    elif held:
        assert held == credentials and len(held) == 1 and held[0][0] == b"authorization"
    return None


@given(body=inputs.bodies)
@example(body={"api_key": TOKEN, "extra_headers": "x"})
@example(body={"api_key": TOKEN, "extra_headers": [{"x": "y"}]})
def test_any_body_is_sealed(body: dict[str, Any]) -> None:
    """A token in the credential places of a body, whatever stands in them, shows a mask to all that reads the request's data."""
    try:
        seal_client_credentials(body)
    except ProxyException as error:
        assert int(error.code) == 400 and not says(error.message, TOKEN, OTHER) and not isinstance(body["extra_headers"], dict)
        return
    assert not any(_PREFIX in in_clear(body.get(name)) for name in ("api_key", "headers", "extra_headers", "provider_specific_header"))


def test_a_head_takes_time_by_its_size_alone() -> None:
    """Ten thousand fields, or one of a megabyte, are cleaned and taken apart in eight times the time of an eighth of them."""
    for shape in (
        lambda size: [(b"x-%d" % number, b"a" * 80) for number in range(size // 100)],
        lambda size: [(b"cookie", b"a=b; " * (size // 5))],
    ):
        small, large = (min(_seconds(shape(size)) for _ in range(3)) for size in (125_000, 1_000_000))
        assert large < 24 * small + 0.01


def _seconds(fields: list[tuple[bytes, bytes]]) -> float:
    request = entered([(b"authorization", f"Bearer {TOKEN}".encode()), *fields])
    started = time.process_time()
    clean_headers(request.headers)
    done(credentials_for(request, ANTHROPIC, {}, _USER, True))
    return time.process_time() - started
