"""A strict stand-in for the Anthropic API: it judges credentials as Anthropic does and answers every endpoint LiteLLM calls.

In a test: `with Origin(Anthropic()) as anthropic: ... anthropic.url ... anthropic.requests`.
As a process, for trying things by hand: `python -m tests.support.standin --port 0` prints its origin, then one line a request.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.support.origin import Answer, Origin, Request

OAUTH_BETA = "oauth-2025-04-20"
MODEL = "claude-sonnet-4-5-20250929"
REPLY = "Hello from the stand-in."

_TOKEN_PREFIX = "-".join(("sk", "ant", "oat"))
_KEY_PREFIX = "-".join(("sk", "ant", "api"))
_ERROR_TYPES = {
    402: "billing_error",
    413: "request_too_large",
    500: "api_error",
    401: "authentication_error",
    400: "invalid_request_error",
    404: "not_found_error",
    529: "overloaded_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_REQUIRED_BETAS = {"/v1/files": "files-api-2025-04-14", "/v1/skills": "skills-2025-10-02"}
_NOW = "2026-01-02T03:04:05Z"
_Json = dict[str, object]


@dataclass
class Anthropic:
    """How one stand-in answers; give it to an Origin.

    knows: whether a credential (an OAuth token or an API key, as sent) is one Anthropic has issued.
    statuses: for a known credential, the error status every request with it gets (401, 403, 429, 529).
    stream_errors: for a known credential, the error type that is the first event of each stream it asks for, with status 200.
    answers: for a known credential, the very answer that every request with it gets.
    retry_after: seconds in the `retry-after` header of a 429.
    redirect_to: an origin; every request is answered with 307 to the same target there.
    """

    knows: Callable[[str], bool] = lambda credential: credential.startswith((_TOKEN_PREFIX, _KEY_PREFIX))
    statuses: dict[str, int] = field(default_factory=dict)
    stream_errors: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    retry_after: int = 7
    redirect_to: str | None = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, request: Request) -> Answer:
        if self.redirect_to is not None:
            return Answer(307, headers={"location": self.redirect_to + request.target})
        request_id = f"req_standin{next(self._numbers):06d}"
        refusal = self._refusal(request)
        if refusal is not None:
            status, message = refusal
            headers = {"retry-after": str(self.retry_after)} if status == 429 else {}
            error = {"type": _ERROR_TYPES[status], "message": message}
            return _json({"type": "error", "error": error, "request_id": request_id}, request_id, status, headers)
        told = next((answer for credential, answer in self.answers.items() if credential in _credentials(request)), None)
        if told is not None:
            return told
        broken = next((kind for credential, kind in self.stream_errors.items() if _is_streamed_with(request, credential)), None)
        if broken is not None:
            return _events({"type": "error", "error": {"type": broken, "message": "As this stand-in was told to answer."}})
        body = _endpoint_answer(request)
        if body is None:
            error = {"type": "not_found_error", "message": f"{request.method} {request.path}"}
            return _json({"type": "error", "error": error, "request_id": request_id}, request_id, 404)
        return body if isinstance(body, Answer) else _json(body, request_id)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Status and message of the error this request earns, in the order in which Anthropic looks; None if it earns none."""
        credential = request.header("x-api-key")
        if credential is not None:
            if credential.startswith(_TOKEN_PREFIX) or not self.knows(credential):
                return 401, "invalid x-api-key"
        else:
            authorization = request.header("authorization")
            if authorization is None:
                return 401, "x-api-key header is required"
            scheme, _, credential = authorization.partition(" ")
            if scheme.lower() != "bearer" or not credential.startswith(_TOKEN_PREFIX):
                return 401, "Invalid bearer token"
            if OAUTH_BETA not in _betas(request):
                return 401, "OAuth authentication is currently not supported."
            if not self.knows(credential):
                return 401, "OAuth access token is invalid."
        if request.header("anthropic-version") is None:
            return 400, "anthropic-version: header is required"
        if credential in self.statuses:
            return self.statuses[credential], "As this stand-in was told to answer."
        for prefix, beta in _REQUIRED_BETAS.items():
            if re.match(rf"{prefix}(/|$)", request.path) and beta not in _betas(request):
                return 400, f"this endpoint requires the {beta} beta in the anthropic-beta header"
        return None


def _credentials(request: Request) -> tuple[str | None, str]:
    return request.header("x-api-key"), (request.header("authorization") or "").partition(" ")[2]


def _is_streamed_with(request: Request, credential: str) -> bool:
    return credential in _credentials(request) and b'"stream":true' in request.body.replace(b" ", b"")


def _betas(request: Request) -> set[str]:
    return {beta.strip() for beta in (request.header("anthropic-beta") or "").split(",")}


def _json(body: _Json, request_id: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json", "request-id": request_id, **(headers or {})})


def _events(*events: _Json) -> Answer:
    parts = tuple(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)
    return Answer(200, parts, {"content-type": "text/event-stream; charset=utf-8"})


def _endpoint_answer(request: Request) -> _Json | Answer | None:
    """What the endpoint answers to an accepted request; None where there is no such endpoint."""
    for method, pattern, answer in _ENDPOINTS:
        match = re.fullmatch(pattern, request.path)
        if request.method == method and match is not None:
            return answer(request, *match.groups())
    return None


def _asked(request: Request) -> _Json:
    parsed = json.loads(request.body)
    if not isinstance(parsed, dict):
        raise TypeError(f"{request.method} {request.path} has a body that is no JSON object")
    return parsed


def _message(request: Request) -> _Json | Answer:
    asked = _asked(request)
    usage = {"input_tokens": 3, "output_tokens": 5}
    message: _Json = {"id": "msg_standin", "type": "message", "role": "assistant", "model": asked["model"], "content": []}
    if asked.get("stream") is not True:
        content = [{"type": "text", "text": REPLY}]
        return {**message, "content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return _events(
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": REPLY}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    )


def _completion(request: Request) -> _Json | Answer:
    asked = _asked(request)
    completion: _Json = {"type": "completion", "id": "compl_standin", "completion": REPLY, "model": asked["model"]}
    if asked.get("stream") is not True:
        return {**completion, "stop_reason": "stop_sequence"}
    return _events({**completion, "stop_reason": None}, {**completion, "completion": "", "stop_reason": "stop_sequence"})


def _count(request: Request) -> _Json:
    _asked(request)
    return {"input_tokens": 3}


def _batch(request: Request, batch_id: str = "msgbatch_standin", status: str = "ended") -> _Json:
    counts = {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0}
    return {
        "id": batch_id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": counts,
        "created_at": _NOW,
        "ended_at": _NOW,
        "expires_at": _NOW,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }


def _batch_results(request: Request, batch_id: str) -> Answer:
    message = {
        "id": "msg_standin",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": REPLY}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 5},
    }
    line = {"custom_id": "one", "result": {"type": "succeeded", "message": message}}
    return Answer(200, json.dumps(line).encode() + b"\n", {"content-type": "application/x-jsonl"})


def _file(request: Request, file_id: str = "file_standin") -> _Json:
    return {
        "id": file_id,
        "type": "file",
        "filename": "note.txt",
        "mime_type": "text/plain",
        "size_bytes": 5,
        "created_at": _NOW,
        "downloadable": True,
    }


def _skill(request: Request, skill_id: str = "skill_standin") -> _Json:
    return {
        "id": skill_id,
        "type": "skill",
        "display_title": "A skill",
        "source": "custom",
        "latest_version": "1",
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def _model(request: Request, model_id: str = MODEL) -> _Json:
    return {"id": model_id, "type": "model", "display_name": model_id, "created_at": _NOW}


def _models(request: Request) -> _Json:
    """Two pages, so that a client that loses its credential on the second is found out."""
    pages = [MODEL, "claude-opus-4-5-20251101"]
    after = parse_qs(urlsplit(request.target).query).get("after_id", [""])[0]
    model = pages[1] if after == pages[0] else pages[0]
    return {"data": [_model(request, model)], "has_more": model == pages[0], "first_id": model, "last_id": model}


def _page(item: Callable[[Request], _Json]) -> Callable[[Request], _Json]:
    return lambda request: {"data": [item(request)], "has_more": False, "first_id": None, "last_id": None, "next_page": None}


def _deleted(kind: str) -> Callable[[Request, str], _Json]:
    return lambda request, name: {"id": name, "type": kind}


_ENDPOINTS: tuple[tuple[str, str, Callable[..., _Json | Answer]], ...] = (
    ("POST", "/v1/messages", _message),
    ("POST", "/v1/complete", _completion),
    ("POST", "/v1/messages/count_tokens", _count),
    ("POST", "/v1/messages/batches", lambda request: _batch(request, status="in_progress")),
    ("GET", "/v1/messages/batches", _page(_batch)),
    ("GET", "/v1/messages/batches/([^/]+)", _batch),
    ("GET", "/v1/messages/batches/([^/]+)/results", _batch_results),
    ("POST", "/v1/messages/batches/([^/]+)/cancel", lambda request, name: _batch(request, name, "canceling")),
    ("DELETE", "/v1/messages/batches/([^/]+)", _deleted("message_batch_deleted")),
    ("POST", "/v1/files", _file),
    ("GET", "/v1/files", _page(_file)),
    ("GET", "/v1/files/([^/]+)", _file),
    ("DELETE", "/v1/files/([^/]+)", _deleted("file_deleted")),
    ("GET", "/v1/files/[^/]+/content", lambda request: Answer(200, b"hello", {"content-type": "text/plain"})),
    ("POST", "/v1/skills", _skill),
    ("GET", "/v1/skills", _page(_skill)),
    ("GET", "/v1/skills/([^/]+)", _skill),
    ("DELETE", "/v1/skills/([^/]+)", _deleted("skill_deleted")),
    ("GET", "/v1/models", _models),
    ("GET", "/v1/models/([^/]+)", _model),
)


def _line(request: Request, answer: Answer) -> str:
    """One request for a person to read: which credential headers it has and which betas, never a credential."""
    shown = []
    for name, value in request.headers:
        if name.lower() == "authorization":
            scheme, _, credential = value.partition(" ")
            shown.append(f"{name}: {scheme} {_kind(credential)}")
        elif name.lower() == "x-api-key":
            shown.append(f"{name}: {_kind(value)}")
        elif name.lower().startswith("anthropic-"):
            shown.append(f"{name}: {value}")
    return f"{answer.status} {request.method} {request.path}  " + "  ".join(shown or ["no credential"])


def _kind(credential: str) -> str:
    kinds = {_TOKEN_PREFIX: "an OAuth token", _KEY_PREFIX: "an API key"}
    return next((f"<{kind}>" for prefix, kind in kinds.items() if credential.startswith(prefix)), "<something else>")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port to listen on; 0 takes a free one (default: %(default)s)")
    options = parser.parse_args()
    anthropic = Anthropic()

    def answered(request: Request) -> Answer:
        answer = anthropic(request)
        print(_line(request, answer), flush=True)
        return answer

    with Origin(answered, options.port) as origin:
        print(origin.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped", flush=True)


if __name__ == "__main__":
    main()
