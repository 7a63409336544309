"""A Router, whose callers ask for retries, does not try a refused token again."""

from __future__ import annotations

import pytest

import litellm
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
