"""What the operator keeps: limits, budgets, model access, aliases, wildcards and spend logs see a client's own request as any other."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pressure import rows
from tests.proxy import operators_keys
from tests.proxy.test_transparency import HOPS
from tests.support.bare_client import Reply, ask, body_of_claude_code, headers_of_claude_code, opened
from tests.support.origin import Answer
from tests.support.proxy_process import Proxy
from tests.support.proxy_scene import Scene
from tests.support.standin import MODEL

TARGET = "/v1/messages?beta=true"
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
# What two rows of the spend log say of two requests that differ in who asks, and who pays.
OF_ONE_REQUEST = {
    *("request_id", "litellm_call_id", "session_id", "startTime", "endTime", "completionStartTime", "request_duration_ms"),
    *("api_key", "user", "metadata", "model_id"),
}
OF_ONE_REQUESTS_METADATA = {
    *("user_api_key", "user_api_key_alias", "user_api_key_user_id"),
    *("litellm_call_id", "litellm_overhead_time_ms", "used_client_oauth_token"),
}


@dataclass(frozen=True)
class Way:
    """A route of Anthropic's shape, on which `model` is asked."""

    name: str
    target: str
    model: str
    stream: bool


WAYS = tuple(
    Way(f"{name}-{'streamed' if stream else 'whole'}", target, model, stream)
    for name, target, model in (("messages", TARGET, "claude"), ("pass-through", f"/anthropic{TARGET}", MODEL))
    for stream in (False, True)
)


SLOW = Answer(200, (b": not yet\n\n",) * 2, {"content-type": "text/event-stream"}, pause=20)


class Operator:
    """A proxy and the keys that its operator has given out."""

    def __init__(self, stage: Scene, proxy: Proxy) -> None:
        self.stage = stage
        self.proxy = proxy
        self._known: dict[str, object] = {}

    def key(self, user: dict[str, object] | None = None, **limits: object) -> str:
        """A new key. limits: fields of LiteLLM's record of a key; user: of that of its user, who has none without them."""
        key, number = self.stage.virtual_key(), secrets.token_hex(4)
        self._known[key] = {"key": {"user_id": f"user {number}", "key_alias": f"key {number}", **limits}, "user": user}
        (self.proxy.folder / operators_keys.KEYS.name).write_text(json.dumps(self._known))
        return key

    def ask(self, way: Way, key: str, token: str | None, model: str | None = None) -> Reply:
        """With a client's token, or without one: then at the operator's expense."""
        self.stage.clear()
        return ask(self.proxy.url, way.target, _headers(key, token), body_of_claude_code(model or way.model, stream=way.stream))

    def refusal(self, way: Way, key: str, token: str | None) -> int:
        """The status of a request that LiteLLM refuses by itself: nothing is sent, and a client with a token is told as Anthropic would."""
        reply = self.ask(way, key, token)
        assert not self.stage.anthropic.requests, reply.body
        if token:
            said = json.loads(reply.body)
            assert (said["type"], said["error"]["type"]) == ("error", ERROR_TYPES[reply.status]) and said["error"]["message"], said
        return reply.status

    @contextlib.contextmanager
    def waiting(self, way: Way, key: str) -> Iterator[None]:
        """A client with a token, whom Anthropic lets wait, until the block ends: then it goes away."""
        token = self.stage.token()
        self.stage.judge.answers[token] = SLOW
        self.stage.clear()
        asked = opened(self.proxy.url, way.target, _headers(key, token), body_of_claude_code(way.model, stream=way.stream))
        try:
            _wait_until(lambda: bool(self.stage.anthropic.requests))
            yield
        finally:
            asked.close()
            del self.stage.judge.answers[token]

    def row(self, key: str) -> dict[str, object]:
        """The one row of the spend log that a key has earned."""
        hashed, file = hashlib.sha256(key.encode()).hexdigest(), self.proxy.folder / "rows.jsonl"

        def rows_of_key() -> list[dict[str, object]]:
            written = map(json.loads, file.read_text().splitlines()) if file.exists() else ()
            return [row for row in written if row["api_key"] == hashed]

        _wait_until(lambda: bool(rows_of_key()))
        time.sleep(0.3)  # a second one would come now
        (row,) = rows_of_key()
        return row


def _headers(key: str, token: str | None) -> list[tuple[str, str]]:
    given = [*headers_of_claude_code(token or ""), ("x-litellm-api-key", key)]
    return given if token else [(name, value) for name, value in given if name != "authorization"]


def _wait_until(comes: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not comes():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def operator(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator with keys of its own making, a spend log, and models of any name."""
    folder = tmp_path_factory.mktemp("operator")
    for module in (operators_keys, rows):
        source = Path(str(module.__file__))
        (folder / source.name).write_text(source.read_text())
    any_name = {"model": "anthropic/*", "api_key": stage.operator_key, "api_base": stage.anthropic.url}
    config: dict[str, object] = {
        "model_list": [*stage.models(), {"model_name": "*", "litellm_params": any_name}],
        "router_settings": stage.router_settings(),
        "general_settings": {
            "master_key": stage.litellm_key,
            "custom_auth": "operators_keys.authenticate",
            "custom_auth_run_common_checks": True,
        },
        "litellm_settings": {"num_retries": 0, "callbacks": ["rows.keeper"]},
    }
    environment = {
        "ANTHROPIC_API_BASE": stage.anthropic.url,
        "ANTHROPIC_API_KEY": stage.operator_key,
        "LITELLM_ANTHROPIC_OAUTH_ORIGINS": stage.anthropic.url,
    }
    with Proxy(config, folder, environment) as running:
        yield Operator(stage, running)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_keys_requests_a_minute_are_limited(stage: Scene, operator: Operator, way: Way) -> None:
    """The first request is served; the next one, with whatever token, is over the limit."""
    key = operator.key(rpm_limit=1)
    assert operator.ask(way, key, stage.token()).status == 200 and len(stage.anthropic.requests) == 1
    assert operator.refusal(way, key, stage.token()) == 429


# Of a streamed pass-through 1.81.3 counts no tokens, whoever pays.
@pytest.mark.parametrize("way", WAYS[:3], ids=lambda way: way.name)
def test_a_keys_tokens_a_minute_are_limited(stage: Scene, operator: Operator, way: Way) -> None:
    """What Anthropic's answers to a client's token have cost counts: a key with few tokens a minute is refused before long."""
    assert operator.ask(way, operator.key(tpm_limit=10**6), stage.token()).status == 200
    key = operator.key(tpm_limit=5)
    # Newer releases refuse what may cost too much, older ones what comes after it.
    _wait_until(lambda: operator.ask(way, key, stage.token()).status == 429)
    assert operator.refusal(way, key, stage.token()) == 429


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_keys_requests_at_a_time_are_limited(stage: Scene, operator: Operator, way: Way) -> None:
    """While one request is on its way, another one is over the limit."""
    key = operator.key(max_parallel_requests=1)
    with operator.waiting(way, key):
        assert operator.refusal(way, key, stage.token()) == 429


# Behind a stream that was left, and on a pass-through, 1.81.3 keeps the place for a minute, whoever pays.
@pytest.mark.parametrize("way", WAYS[:1], ids=lambda way: way.name)
def test_a_client_that_goes_away_gives_its_place_back(stage: Scene, operator: Operator, way: Way) -> None:
    """Its request ends at Anthropic, and no longer counts against its key."""
    key = operator.key(max_parallel_requests=1)
    with operator.waiting(way, key):
        assert operator.refusal(way, key, stage.token()) == 429
    _wait_until(lambda: operator.ask(way, key, stage.token()).status == 200)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_users_budget_is_kept(stage: Scene, operator: Operator, way: Way) -> None:
    """A user who has spent it is refused with the status that the release has for that; one who has not is served."""
    within, spent = {"spend": 0.5, "max_budget": 1.0}, {"spend": 1.5, "max_budget": 1.0}
    assert operator.ask(way, operator.key(user=within), stage.token()).status == 200 and len(stage.anthropic.requests) == 1
    usual = operator.refusal(way, operator.key(user=spent), None)
    assert operator.refusal(way, operator.key(user=spent), stage.token()) == usual


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_key_calls_only_the_models_it_may(stage: Scene, operator: Operator, way: Way) -> None:
    """Another model is refused with the status that the release has for that, whatever a token would get of Anthropic."""
    assert operator.ask(way, operator.key(models=["gpt", way.model]), stage.token()).status == 200 and len(stage.anthropic.requests) == 1
    usual = operator.refusal(way, operator.key(models=["gpt"]), None)
    assert operator.refusal(way, operator.key(models=["gpt"]), stage.token()) == usual


@pytest.mark.parametrize(
    ("model", "resolved"),
    [("my-claude", MODEL), ("anthropic/claude-made-up", "claude-made-up"), ("claude-made-up", "claude-made-up")],
    ids=["alias", "wildcard", "any-name"],
)
@pytest.mark.parametrize("way", WAYS[:2], ids=lambda way: way.name)
def test_a_models_name_is_resolved_and_nothing_else(stage: Scene, operator: Operator, way: Way, model: str, resolved: str) -> None:
    """A group's alias, `anthropic/*` and `*`: the client's own body and headers go out, with the name that Anthropic knows."""
    token = stage.token()
    assert operator.ask(way, operator.key(), token, model).status == 200
    (sent,) = stage.anthropic.requests
    assert (sent.target, sent.body) == (TARGET, body_of_claude_code(resolved, stream=way.stream))
    arrived = [(name.lower(), value) for name, value in sent.headers if name.lower() not in HOPS]
    assert sorted(arrived) == sorted(headers_of_claude_code(token))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_spend_log_has_a_row_as_for_any_request(stage: Scene, operator: Operator, way: Way) -> None:
    """One row, with the key's hash and what the operator's key would have cost for the same request; the token is nowhere in it."""
    clients, operators = operator.key(), operator.key()
    assert operator.ask(way, clients, stage.token()).status == operator.ask(way, operators, None).status == 200
    row, usual = operator.row(clients), operator.row(operators)
    assert not stage.spilled_by(json.dumps(row))
    assert _without(row, OF_ONE_REQUEST) == _without(usual, OF_ONE_REQUEST)
    assert _metadata(row) == _metadata(usual)
    # Of a streamed pass-through 1.81.3 counts nothing, whoever pays.
    if usual["total_tokens"]:
        assert (row["prompt_tokens"], row["completion_tokens"]) == (3, 5) and float(str(row["spend"])) > 0


def _without(row: dict[str, object], names: set[str]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def _metadata(row: dict[str, object]) -> dict[str, object]:
    return _without(json.loads(str(row["metadata"])), OF_ONE_REQUESTS_METADATA)
