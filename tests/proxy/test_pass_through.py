"""`/anthropic/*` adds a credential and changes nothing else, in either direction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.support.proxy_process import Proxy
from tests.support.proxy_routes import CLIENT, PASS_THROUGH_FILES, Route
from tests.support.proxy_scene import BASE_PATH, Scene, wire_headers
from tests.support.standin import MODEL, OAUTH_BETA

MESSAGE = {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}], "made_up_field": {"kept": [1, None]}}


def _headers(stage: Scene, **more: str) -> dict[str, str]:
    return {
        "x-litellm-api-key": stage.litellm_key,
        "Authorization": f"Bearer {stage.token()}",
        "anthropic-version": "2023-06-01",
        **more,
    }


def _straight(stage: Scene, method: str, target: str, headers: Mapping[str, str], **request: Any) -> httpx.Response:
    """The same call made to Anthropic itself, as a client with the token would."""
    betas = ",".join(filter(None, (headers.get("anthropic-beta"), OAUTH_BETA)))
    own = {name: value for name, value in headers.items() if name != "x-litellm-api-key"}
    return CLIENT.request(method, stage.anthropic.url + target, headers={**own, "anthropic-beta": betas}, **request)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        pytest.param("POST", "/v1/messages", MESSAGE, id="messages"),
        pytest.param("POST", "/v1/messages?beta=true", {**MESSAGE, "stream": True}, id="streamed"),
        pytest.param("POST", "/v1/messages/count_tokens", {"model": MODEL, "messages": MESSAGE["messages"]}, id="count_tokens"),
        pytest.param("GET", "/v1/models?limit=2&after_id=a%20b", None, id="query"),
        pytest.param("GET", "/v1/nothing/here", None, id="not found"),
        pytest.param("POST", "/v1/messages/batches/msgbatch_one/cancel", None, id="no body"),
        pytest.param("DELETE", "/v1/messages/batches/msgbatch_one", None, id="DELETE"),
        pytest.param("PUT", "/v1/messages", {"any": "thing"}, id="PUT"),
        pytest.param("PATCH", "/v1/messages", {"any": "thing"}, id="PATCH"),
    ],
)
def test_a_request_and_its_answer_pass_as_they_are(
    stage: Scene, proxy: Proxy, method: str, target: str, body: dict[str, object] | None
) -> None:
    """Method, path behind the base path, query, body, status and answer are what they would be without the proxy."""
    headers = _headers(stage, **{"anthropic-beta": "context-1m-2025-08-07"})
    straight = _straight(stage, method, target, headers, json=body) if body is not None else _straight(stage, method, target, headers)
    stage.clear()
    passed = CLIENT.request(method, f"{proxy.url}/anthropic{target}", headers=headers, json=body)
    (sent,) = stage.anthropic.requests
    assert (sent.method, sent.path) == (method, BASE_PATH + target.partition("?")[0])
    assert httpx.URL(sent.target).params == httpx.URL(target).params
    assert (json.loads(sent.body) if sent.body else None) == body
    assert wire_headers(sent) == {
        "authorization": headers["Authorization"],
        "anthropic-version": "2023-06-01",
        "anthropic-beta": f"context-1m-2025-08-07,{OAUTH_BETA}",
        "anthropic-dangerous-direct-browser-access": "true",
    }
    assert passed.status_code == straight.status_code
    if "request_id" not in straight.text:
        assert passed.content == straight.content
    else:
        assert {**passed.json(), "request_id": ""} == {**straight.json(), "request_id": ""}
    assert passed.headers["content-type"].partition(";")[0] == straight.headers["content-type"].partition(";")[0]


@pytest.mark.parametrize("route", PASS_THROUGH_FILES, ids=lambda route: route.name.replace(" ", "-"))
def test_files_pass_as_anthropics_own(stage: Scene, proxy: Proxy, route: Route) -> None:
    """A client with a token gets Anthropic's own file endpoints under `/anthropic`, multipart bodies included, not OpenAI's shapes."""
    headers = {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {stage.token()}"}
    sent = stage.sent_by(proxy, route, headers)
    assert sent.target == BASE_PATH + route.path.removeprefix("/anthropic")
    assert wire_headers(sent)["authorization"] == headers["Authorization"]
    if route.files is not None:
        assert b"hello" in sent.body and (sent.header("content-type") or "").startswith("multipart/form-data; boundary=")
