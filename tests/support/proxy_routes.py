"""The proxy's routes that lead to Anthropic, each as one call that a client makes."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

import litellm
from tests.support.origin import Request
from tests.support.standin import MODEL, REPLY

CLIENT_HEADERS = {"anthropic-version": "2023-06-01"}
_MESSAGE: dict[str, object] = {"max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}]}
_BATCH_LINE = (
    b'{"custom_id": "one", "method": "POST", "url": "/v1/chat/completions",'
    b' "body": {"model": "claude", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}}\n'
)
_SKILL = b"---\nname: a-skill\ndescription: says hello\n---\nSay hello.\n"
# One for all calls: each client that is made loads the system's certificates. A connection for each call: a proxy closes one that was idle
# for five seconds, and one on which it failed at making an answer of an error (1.102 and 1.103, without prisma); the next call was reset.
CLIENT = httpx.Client(trust_env=False, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
_NATIVE_BETAS = {"/anthropic/v1/files": "files-api-2025-04-14", "/anthropic/v1/skills": "skills-2025-10-02"}
_OpenFile = tuple[str, bytes, str]


@dataclass(frozen=True)
class Route:
    """One call.

    answered: text that the answer of a successful call holds.
    error_shape: whose errors a client of this route expects, `anthropic` or `openai`.
    sdk_call: the LiteLLM function behind it, where only some providers have it.
    """

    name: str
    method: str
    path: str
    json: Mapping[str, object] | None = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, _OpenFile] | None = None
    answered: str = ""
    error_shape: str = "openai"
    sdk_call: str = ""

    def request(self, url: str, headers: Mapping[str, str], betas: str = "", model: str | None = None) -> httpx.Request:
        """This call to a proxy, unsent, with the betas a client of this route needs and those asked for.

        model: names another one than the route's own.
        """
        asked = ",".join(filter(None, (self.native_beta, betas)))
        return CLIENT.build_request(
            self.method,
            url + self.path,
            headers={**CLIENT_HEADERS, **headers, **({"anthropic-beta": asked} if asked else {})},
            json={**self.json, "model": model} if model is not None and self.json is not None else self.json,
            data=self.data,
            files=self.files,
        )

    def call(self, url: str, headers: Mapping[str, str], betas: str = "", model: str | None = None) -> httpx.Response:
        """Make the call and read the whole answer."""
        return CLIENT.send(self.request(url, headers, betas, model))

    @property
    def native_beta(self) -> str:
        """The beta that Anthropic itself asks a client for on this route; empty where it needs none or LiteLLM adds it."""
        return next((beta for prefix, beta in _NATIVE_BETAS.items() if self.path.startswith(prefix)), "")


def _has_anthropic(sdk_call: str) -> bool:
    """Whether the installed release can do this for Anthropic, asked of the SDK's function: its signature lists providers."""
    providers = inspect.signature(inspect.unwrap(getattr(litellm, sdk_call))).parameters["custom_llm_provider"].annotation
    return "'anthropic'" in str(providers)


def _chat(name: str, path: str, model: str, stream: bool, error_shape: str) -> Route:
    body = {"model": model, **_MESSAGE, **({"stream": True} if stream else {})}
    return Route(f"{name}{' streamed' if stream else ''}", "POST", path, json=body, answered=REPLY, error_shape=error_shape)


def _responses(stream: bool) -> Route:
    body: dict[str, object] = {"model": "claude", "input": "Say hello.", **({"stream": True} if stream else {})}
    return Route(f"responses{' streamed' if stream else ''}", "POST", "/v1/responses", json=body, answered=REPLY)


def _passed_through(name: str, method: str, target: str, answered: str, **body: object) -> Route:
    return Route(f"pass-through {name}", method, f"/anthropic{target}", answered=answered, error_shape="anthropic", **body)  # type: ignore[arg-type]


MODEL_ROUTES: tuple[Route, ...] = (
    _chat("messages", "/v1/messages", "claude", False, "anthropic"),
    _chat("messages", "/v1/messages", "claude", True, "anthropic"),
    _chat("chat", "/v1/chat/completions", "claude", False, "openai"),
    _chat("chat", "/v1/chat/completions", "claude", True, "openai"),
    _responses(False),
    _responses(True),
)
COUNT_TOKENS = Route(
    "count_tokens",
    "POST",
    "/v1/messages/count_tokens",
    json={"model": "claude", "messages": _MESSAGE["messages"]},
    answered='"input_tokens"',
    error_shape="anthropic",
)
_OTHER_COUNTERS: tuple[Route, ...] = (
    Route(
        "input_tokens", "POST", "/v1/responses/input_tokens", json={"model": "claude", "input": "Say hello."}, answered='"input_tokens":3'
    ),
    Route(
        "token_counter",
        "POST",
        "/utils/token_counter?call_endpoint=true",
        json={"model": "claude", "messages": _MESSAGE["messages"]},
        answered='"total_tokens":3',
    ),
)
PROVIDER_ROUTES: tuple[Route, ...] = (
    Route(
        "batches create",
        "POST",
        "/v1/batches",
        json={
            "input_file_id": "file_standin",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "custom_llm_provider": "anthropic",
        },
        answered="msgbatch_standin",
        sdk_call="create_batch",
    ),
    Route("batches retrieve", "GET", "/v1/batches/msgbatch_running?provider=anthropic", answered="msgbatch_running"),
    Route("batches list", "GET", "/v1/batches?provider=anthropic", answered="msgbatch_standin", sdk_call="list_batches"),
    Route(
        "batches cancel",
        "POST",
        "/v1/batches/msgbatch_standin/cancel?provider=anthropic",
        json={},
        answered="msgbatch_standin",
        sdk_call="cancel_batch",
    ),
    Route(
        "files create",
        "POST",
        "/v1/files",
        data={"purpose": "user_data", "custom_llm_provider": "anthropic"},
        files={"file": ("note.txt", b"hello", "text/plain")},
        answered="file_standin",
        sdk_call="create_file",
    ),
    Route("files list", "GET", "/v1/files?provider=anthropic", answered="file_standin", sdk_call="file_list"),
    Route("files retrieve", "GET", "/v1/files/file_standin?provider=anthropic", answered="file_standin", sdk_call="file_retrieve"),
    Route(
        "files content",
        "GET",
        "/v1/files/file_standin/content?provider=anthropic",
        # A release that uploads no files to Anthropic has only one kind of content to fetch: a batch's results.
        answered="hello" if _has_anthropic("create_file") else REPLY,
        sdk_call="file_content",
    ),
    Route("files delete", "DELETE", "/v1/files/file_standin?provider=anthropic", answered="file_standin", sdk_call="file_delete"),
    Route(
        "skills create",
        "POST",
        "/v1/skills?custom_llm_provider=anthropic",
        data={"display_title": "A skill"},
        files={"files[]": ("a-skill/SKILL.md", _SKILL, "text/markdown")},
        answered="skill_standin",
    ),
    Route("skills list", "GET", "/v1/skills?custom_llm_provider=anthropic", answered="skill_standin"),
    Route("skills get", "GET", "/v1/skills/skill_standin?custom_llm_provider=anthropic", answered="skill_standin"),
    Route("skills delete", "DELETE", "/v1/skills/skill_standin?custom_llm_provider=anthropic", answered="skill_standin"),
)
PASS_THROUGH_ROUTES: tuple[Route, ...] = (
    _passed_through("messages", "POST", "/v1/messages", REPLY, json={"model": MODEL, **_MESSAGE}),
    _passed_through("messages streamed", "POST", "/v1/messages?beta=true", REPLY, json={"model": MODEL, **_MESSAGE, "stream": True}),
    _passed_through(
        "count_tokens", "POST", "/v1/messages/count_tokens", '"input_tokens": 3', json={"model": MODEL, "messages": _MESSAGE["messages"]}
    ),
    _passed_through("models", "GET", "/v1/models?limit=1&after_id=none", MODEL),
    _passed_through("model", "GET", f"/v1/models/{MODEL}", MODEL),
    _passed_through("batches list", "GET", "/v1/messages/batches?limit=1", "msgbatch_standin"),
    _passed_through("batches create", "POST", "/v1/messages/batches", "msgbatch_standin", json={"requests": []}),
    _passed_through("batch delete", "DELETE", "/v1/messages/batches/msgbatch_standin", "message_batch_deleted"),
    _passed_through("skills list", "GET", "/v1/skills?limit=1", "skill_standin"),
)
# `/anthropic/v1/files` also matches `/{provider}/v1/files`, which translates to OpenAI's shapes.
PASS_THROUGH_FILES: tuple[Route, ...] = (
    _passed_through("files create", "POST", "/v1/files", '"type": "file"', files={"file": ("note.txt", b"hello", "text/plain")}),
    _passed_through("files list", "GET", "/v1/files?limit=1", '"type": "file"'),
    _passed_through("files content", "GET", "/v1/files/file_standin/content", "hello"),
    _passed_through("files delete", "DELETE", "/v1/files/file_standin", "file_deleted"),
)


def _counts_at_the_deployment() -> bool:
    """Whether the installed release counts at a deployment's own base, or at Anthropic whatever the base, which no test may reach."""
    if importlib.util.find_spec("litellm.llms.anthropic.count_tokens") is None:  # before 1.81.1
        return False
    from litellm.llms.anthropic.count_tokens.transformation import AnthropicCountTokensConfig

    endpoint = AnthropicCountTokensConfig.get_anthropic_count_tokens_endpoint
    return "api_base" in inspect.signature(inspect.unwrap(endpoint)).parameters


ROUTES = tuple(
    route
    for route in (*MODEL_ROUTES, COUNT_TOKENS, *PROVIDER_ROUTES, *PASS_THROUGH_ROUTES)
    if not route.sdk_call or _has_anthropic(route.sdk_call)
)


def counters() -> tuple[Route, ...]:
    """The routes of the installed release that count tokens."""
    from litellm.proxy.response_api_endpoints import endpoints  # here, since it takes seconds

    counts_responses = hasattr(endpoints, "responses_input_tokens")
    return (COUNT_TOKENS, *(route for route in _OTHER_COUNTERS if route.name != "input_tokens" or counts_responses))


# Where what goes out for a client without a token arrives at the stand-in.
KEYED_ROUTES = tuple(route for route in ROUTES if route is not COUNT_TOKENS or _counts_at_the_deployment())


def usual_count(key: str) -> Request:
    """What the installed release sends to count tokens with a key, built by itself: for the releases whose request cannot be observed."""
    from litellm.llms.anthropic.count_tokens.transformation import AnthropicCountTokensConfig

    count = AnthropicCountTokensConfig()
    target = httpx.URL(count.get_anthropic_count_tokens_endpoint()).path
    return Request("POST", target, tuple(count.get_required_headers(key).items()), b"")
