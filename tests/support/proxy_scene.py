"""What stands around a proxy under test: the origins it may call, the credentials each of them knows, and the models that lead there."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION
from tests.support import other_providers
from tests.support.credentials import api_key, oauth_token, plain_bearer
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, OAUTH_BETA, Anthropic

if TYPE_CHECKING:
    from tests.support.proxy_routes import Route

BASE_PATH = "/behind/a/gateway"
# A port that is nobody's: it was reserved for a multiplexer that has never run here.
NOTHING_LISTENS = "http://127.0.0.1:1"
REFUSED_MODELS = 6
BEDROCK_MODEL = "anthropic.claude-3-5-sonnet-20240620-v1:0"
_TRANSPORT = frozenset(
    {"host", "content-length", "content-type", "accept", "accept-encoding", "connection", "user-agent", "transfer-encoding"}
)
_LIKE_A_TOKEN = re.compile("-".join(("sk", "ant", "oat")) + r"[\w-]+")


@dataclass
class Scene:
    """Three origins and the keys of whoever runs the proxy. One list holds all that ever arrived at any of them, in order."""

    judge: Anthropic
    third_judge: Anthropic
    anthropic: Origin
    third: Origin
    other: Origin
    arrived: list[tuple[Origin, Request]]
    operator_key: str = field(default_factory=api_key)
    third_key: str = field(default_factory=api_key)
    other_key: str = field(default_factory=plain_bearer)
    litellm_key: str = field(default_factory=master_key)
    refused_key: str = field(default_factory=api_key)
    operator_token: str = field(default_factory=oauth_token)
    tokens: list[str] = field(default_factory=list)
    virtual_keys: list[str] = field(default_factory=list)
    _reads_running_batches: bool | None = None

    def virtual_key(self) -> str:
        """A new LiteLLM key as the proxy with the operator's own authentication takes them."""
        self.virtual_keys.append("sk-virtual-" + secrets.token_urlsafe(24))
        return self.virtual_keys[-1]

    @property
    def litellm_keys(self) -> tuple[str, ...]:
        """Every LiteLLM key of the session; none may ever leave a proxy."""
        return (self.litellm_key, *self.virtual_keys)

    def token(self, status: int = 200) -> str:
        """A new token of a client's, and the status Anthropic is to answer it with."""
        token = oauth_token()
        self.tokens.append(token)
        if status != 200:
            self.judge.statuses[token] = status
        return token

    def spilled_by(self, text: str) -> set[str]:
        """Which kinds of credential stand in a text: `token` for any client's token of the session, `LiteLLM key`."""
        spilled = {"token"} if set(_LIKE_A_TOKEN.findall(text)) & set(self.tokens) else set()
        return spilled | {"LiteLLM key" for key in self.litellm_keys if key in text}

    def written_by(self, text: str) -> set[str]:
        """Which kinds of credential stand in what a proxy wrote or gave to a callback, but for those its release lets stand there."""
        redacts_its_keys = importlib.util.find_spec("litellm.litellm_core_utils.secret_redaction") is not None
        return self.spilled_by(text) if redacts_its_keys else self.spilled_by(text) - {"LiteLLM key"}

    def clear(self) -> None:
        for origin in (self.anthropic, self.third, self.other):
            origin.clear()

    def other_calls(self) -> list[Request]:
        """What the other providers were asked since the last clear, but for what LiteLLM asks as it starts: models, and MCP's tools."""
        return [request for request in self.other.requests if not request.path.endswith(("/models", "/mcp"))]

    def sent_by(self, proxy: Proxy, route: Route, headers: Mapping[str, str], betas: str = "", model: str | None = None) -> Request:
        """The one request that a call causes, at Anthropic. The call itself has to succeed, and nobody else may hear of it."""
        self.clear()
        answer = route.call(proxy.url, headers, betas, model)
        sent = self._sent_for_the_client()
        assert answer.status_code == 200 and route.answered in answer.text, f"{answer.status_code} {answer.text[:500]}"
        others = [*sent[1:], *self.third.requests, *self.other_calls()]
        assert sent and not others, f"{len(sent)} at Anthropic, also {[(request.method, request.target) for request in others]}"
        return sent[0]

    def _sent_for_the_client(self) -> list[Request]:
        """What arrived at Anthropic since the last clear, without what a release asks itself behind a batch of the operator's.

        Some read the results of a running batch as well, for their cost. Whether this one does is seen the first time.
        """
        sent, known = self.anthropic.requests, self._reads_running_batches
        if not sent or not sent[0].path.endswith("/batches/msgbatch_running") or sent[0].header("x-api-key") != self.operator_key:
            return sent
        deadline = time.monotonic() + {None: 1.5, True: 10, False: 0}[known]
        while not (read := list(filter(self._reads_for_the_operator, self.anthropic.requests))) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._reads_running_batches = bool(read) if known is None else known
        assert read or not known, "a batch's results were read behind an earlier request, and not behind this one"
        ours = read[:1] if self._reads_running_batches else []
        return [request for request in self.anthropic.requests if not any(request is each for each in ours)]

    def _reads_for_the_operator(self, request: Request) -> bool:
        results = request.path.endswith(("/batches/msgbatch_running/results", "/files/msgbatch_running/content"))
        return results and request.header("x-api-key") == self.operator_key and request.header("authorization") is None

    def models(self, *, operator_keys: bool = True) -> list[dict[str, object]]:
        """The models of a proxy's configuration; without `operator_keys` no `anthropic/` one has a key of its own."""

        def model(name: str, target: str, **parameters: object) -> dict[str, object]:
            if target.startswith("anthropic") and not operator_keys:
                parameters.pop("api_key")
            return {"model_name": name, "litellm_params": {"model": target, **parameters}}

        def claude(name: str, key: str = self.operator_key) -> dict[str, object]:
            return model(name, f"anthropic/{MODEL}", api_key=key, api_base=self.anthropic.url)

        foreign = {
            "gpt": model("gpt", "openai/gpt-4o-mini", api_key=self.other_key, api_base=f"{self.other.url}/openai"),
            "bedrock": model(
                "bedrock",
                f"bedrock/{BEDROCK_MODEL}",
                aws_access_key_id="AKIDOFATEST",
                aws_secret_access_key=self.other_key,
                aws_region_name="us-east-1",
                aws_bedrock_runtime_endpoint=self.other.url,
            ),
            "third": model("third", f"anthropic/{MODEL}", api_key=self.third_key, api_base=self.third.url),
        }
        return [
            *(claude(name) for name in ("claude", "counted", "pair", "pair", "claude-or-claude", "mixed")),
            {**foreign["third"], "model_name": "mixed"},
            *(claude(f"refused-{number}", self.refused_key) for number in range(REFUSED_MODELS)),
            *(claude(f"claude-or-{name}") for name in foreign),
            *foreign.values(),
            model("text", "anthropic_text/claude-2", api_key=self.operator_key, api_base=f"{self.anthropic.url}/v1/complete"),
            model("anthropic/*", "anthropic/*", api_key=self.operator_key, api_base=self.anthropic.url),
        ]

    def odd_models(self) -> list[dict[str, object]]:
        """Odd ones: one that nobody answers for, one with a token of the operator's in its headers, and any other name."""
        claude: dict[str, object] = {"model": f"anthropic/{MODEL}", "api_key": self.operator_key}
        headers = {"Authorization": f"Bearer {self.operator_token}"}
        return [
            {"model_name": "nobody", "litellm_params": {**claude, "api_base": NOTHING_LISTENS}},
            {"model_name": "headed", "litellm_params": {**claude, "api_base": self.anthropic.url, "extra_headers": headers}},
            {"model_name": "*", "litellm_params": {"model": "*"}},
        ]

    def pass_through_endpoints(self, **settings: object) -> list[dict[str, object]]:
        """Pass-throughs of the operator's own, `/own/` and what stands behind each; all that a client sends is forwarded.

        `/own/raw` leads to Anthropic with a token of the operator's in `x-api-key`, `/own/bearer` with it where it belongs.
        """
        to_anthropic, messages = f"{self.anthropic.url}/v1/messages", {"anthropic-version": "2023-06-01"}
        targets: dict[str, tuple[str, dict[str, str]]] = {
            "gpt": (f"{self.other.url}/openai/chat/completions", {"Authorization": f"Bearer {self.other_key}"}),
            "keyless": (f"{self.other.url}/openai/chat/completions", {}),
            "third": (f"{self.third.url}/v1/messages", {**messages, "x-api-key": self.third_key}),
            "anthropic": (to_anthropic, {**messages, "x-api-key": self.operator_key}),
            "raw": (to_anthropic, {**messages, "x-api-key": self.operator_token}),
            "bearer": (to_anthropic, {**messages, "Authorization": f"Bearer {self.operator_token}"}),
        }
        return [
            {"path": f"/own/{name}", "target": target, "headers": headers, "forward_headers": True, **settings}
            for name, (target, headers) in targets.items()
        ]

    def router_settings(self) -> dict[str, object]:
        return {
            "model_group_alias": {"my-claude": "claude"},
            "fallbacks": [{f"claude-or-{name}": [name]} for name in ("gpt", "bedrock", "third", "claude")],
        }


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    """Origins that answer until the block ends."""
    judge, third_judge = Anthropic(), Anthropic()
    arrived: list[tuple[Origin, Request]] = []

    def as_anthropic(request: Request) -> Answer:
        arrived.append((anthropic, request))
        return _with_running_batches(request, judge(replace(request, target=request.target.removeprefix(BASE_PATH))))

    def as_third(request: Request) -> Answer:
        arrived.append((third, request))
        return third_judge(request)

    def as_other(request: Request) -> Answer:
        arrived.append((other, request))
        if request.method == "GET" and request.path.endswith("/models"):
            return Answer(200, b'{"data": []}', {"content-type": "application/json"})
        return other_providers.answer(request)

    anthropic, third, other = Origin(as_anthropic), Origin(as_third), Origin(as_other)
    with anthropic, third, other:
        made = Scene(judge, third_judge, anthropic, third, other, arrived)
        third_judge.knows = lambda credential: credential == made.third_key
        judge.statuses[made.refused_key] = 401
        yield made


def _with_running_batches(request: Request, answer: Answer) -> Answer:
    """A batch named `msgbatch_running` has not ended yet: LiteLLM fetches the results of an ended one by itself, later."""
    if not re.search(r"/batches/msgbatch_running$", request.path) or not isinstance(answer.body, bytes) or answer.status != 200:
        return answer
    running = {**json.loads(answer.body), "processing_status": "in_progress", "ended_at": None}
    return replace(answer, body=json.dumps(running).encode())


def wire_headers(request: Request) -> dict[str, str]:
    """All headers of a request by lower-case name, but those that only frame or negotiate the message; `anthropic-beta` sorted.

    Raises ValueError if a name comes twice or a beta is repeated: exactly once is part of the contract.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name.lower() in _TRANSPORT:
            continue
        if name.lower() in headers:
            raise ValueError(f"{request.method} {request.path} carries {name} twice")
        headers[name.lower()] = value
    betas = [beta.strip() for beta in headers.get("anthropic-beta", "").split(",") if beta.strip()]
    if len(set(betas)) != len(betas):
        raise ValueError(f"{request.method} {request.path} repeats a beta: {headers['anthropic-beta']}")
    if betas:
        headers["anthropic-beta"] = ",".join(sorted(betas))
    return headers


def with_token(control: Mapping[str, str], token: str, betas: str = "") -> dict[str, str]:
    """What the contract makes of the headers a route sends with the operator's key, where a client brings a token and betas."""
    asked = {beta for value in (control.get("anthropic-beta", ""), OAUTH_BETA, betas) for beta in value.split(",") if beta}
    # LiteLLM counts with a beta of its own; a client's own request for a count does not.
    asked.discard(ANTHROPIC_TOKEN_COUNTING_BETA_VERSION)
    return {
        **{name: value for name, value in control.items() if name != "x-api-key"},
        "authorization": f"Bearer {token}",
        "anthropic-beta": ",".join(sorted(asked)),
        "anthropic-dangerous-direct-browser-access": "true",
    }


def holds(request: Request, secret: str) -> bool:
    """Whether a value stands anywhere in a request: target, headers or body."""
    head = "\n".join((request.target, *(f"{name}: {value}" for name, value in request.headers)))
    return secret in head or secret.encode() in request.body
