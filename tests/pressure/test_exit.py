"""The exit gate on whatever request reaches it, and whatever answer: built by hand, so that no entrance has sorted it out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import litellm
from litellm.llms.anthropic import oauth as policy
from litellm.llms.anthropic.origins import same_origin
from litellm.llms.custom_httpx import oauth_exit, redirects
from litellm.proxy import proxy_server
from tests.pressure import inputs
from tests.pressure.inputs import ANTHROPIC, ELSEWHERE, LISTED, LITELLM_KEY, OTHER, TOKEN, says

BEARER = f"Bearer {TOKEN}".encode()
_PREFIX = policy.OAUTH_TOKEN_PREFIX
_ADDRESSES = st.one_of(
    st.sampled_from([ANTHROPIC, ANTHROPIC, LISTED, ELSEWHERE, ELSEWHERE, "http://api.anthropic.com", "https://api.anthropic.com:8443/v1"]),
    st.builds(
        lambda base, text: f"{base}?q={text}", st.sampled_from([ANTHROPIC, ELSEWHERE]), st.sampled_from([TOKEN, "x", "%73k-ant-oat01-x"])
    ),
)
# Where an answer sends a client on to: also what no client can follow.
_LOCATIONS = st.one_of(
    st.sampled_from(
        [
            ANTHROPIC,
            ELSEWHERE,
            "/v1/other",
            "//third.example/x",
            "http://[::1",
            "https://",
            "http://a:b",
            "\xff",
            "",
            "https://api.anthropic.com:99999",
        ]
    ),
    st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20),
)


@pytest.fixture(scope="module", autouse=True)
def _an_operators_proxy() -> Iterator[None]:
    """A process with a proxy's master key, and one listed origin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proxy_server, "master_key", LITELLM_KEY)
        patch.setattr(litellm, "anthropic_oauth_origins", [LISTED], raising=False)
        yield


@given(address=_ADDRESSES, fields=inputs.fields, configured=st.booleans())
@example(address=ANTHROPIC, fields=[(b"Authorization", BEARER), (b"X-Api-Key", TOKEN.encode()), (b"x-api-key", b"k")], configured=False)
@example(address=ANTHROPIC, fields=[(b"Authorization", BEARER), (b"authorization", b"Bearer " + OTHER.encode())], configured=False)
@example(address=ANTHROPIC, fields=[(b"Authorization", TOKEN.encode())], configured=False)
@example(address=ANTHROPIC, fields=[(b"Authorization", f"bearer {TOKEN}".encode())], configured=False)
@example(address=ELSEWHERE, fields=[(b"x-notes", b"Bearer:" + LITELLM_KEY.encode())], configured=False)
@example(address=ELSEWHERE, fields=[(b"X-Notes", BEARER), (b"x-notes", BEARER)], configured=False)
def test_whatever_a_request_is_no_credential_leaves_but_the_one(address: str, fields: list[tuple[bytes, bytes]], configured: bool) -> None:
    """To Anthropic a token leaves as the one bearer and the one credential; elsewhere none does, and nowhere the LiteLLM key."""
    made = [(name, policy.ConfiguredBearer(value.decode("latin-1")).encode("latin-1") if configured else value) for name, value in fields]
    request = httpx.Request("POST", address, headers=made)
    try:
        oauth_exit._leaves(request)
    except litellm.AuthenticationError as error:
        assert not says(error, TOKEN, OTHER, LITELLM_KEY)
        return
    left = [(name.lower(), value) for name, value in request.headers.raw]
    assert not any(LITELLM_KEY.encode() in value for _, value in left)
    held = [(name, value) for name, value in left if _PREFIX.encode() in value]
    assert _PREFIX not in unquote(str(request.url))
    if not policy.may_send_to(address, frozenset({LISTED})):
        assert not held or (configured and [name for name, _ in held] == [b"authorization"])
    elif held:
        credentials = [(name, value) for name, value in left if name in (b"authorization", b"x-api-key")]
        # The scheme is a client's own, in whatever casing.
        assert held == credentials and [name for name, _ in held] == [b"authorization"]
        scheme, _, token = held[0][1].decode("latin-1").partition(" ")
        assert scheme.lower() == "bearer" and token == policy.oauth_token(token)
    others = [pair for pair in left if pair[0] not in (b"authorization", b"x-api-key") and pair not in held]
    asked = [(name.lower(), value) for name, value in fields if _PREFIX.encode() not in value and LITELLM_KEY.encode() not in value]
    assert [pair for pair in asked if pair in others] == [pair for pair in others if pair[0] not in (b"host", b"content-length")]


@given(address=_ADDRESSES, location=_LOCATIONS, fields=inputs.fields, status=st.sampled_from([200, 301, 302, 303, 307, 308, 401]))
@example(address=ANTHROPIC, location="", fields=[(b"authorization", BEARER), (b"x-notes", "ü".encode())], status=200)
@example(address=ANTHROPIC, location="http://[::1", fields=[(b"authorization", BEARER), (b"x-api-key", b"k")], status=307)
def test_whatever_an_answer_is_no_credential_follows_it_elsewhere(
    address: str, location: str, fields: list[tuple[bytes, bytes]], status: int
) -> None:
    """A redirect to another origin, or to nowhere that can be read, takes no credential along; what callbacks see of an answer has none."""
    request = httpx.Request("POST", address, headers=fields)
    response = httpx.Response(status, headers=[(b"location", location.encode("latin-1"))], request=request)
    had_token = policy.has_token(request.headers)
    redirects._redirected(response)
    oauth_exit._answered(response)
    if not response.has_redirect_location:
        assert not had_token or not any(_PREFIX in value for value in response.request.headers.values())
        return
    try:
        leads_to = str(request.url.join(location))
    except httpx.InvalidURL:
        leads_to = ""
    if not same_origin(address, leads_to):
        assert "x-api-key" not in request.headers
        assert not had_token or "authorization" not in request.headers
