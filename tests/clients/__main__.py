"""Real clients, each with a token of its own: what Anthropic gets of one through the proxy is what it gets of the same one directly.

    python -m tests.clients --environment .venvs/clients [--write docs/clients.md]

Each runs in an empty home and a clean environment, with its telemetry and updates off and no way out but loopback, once straight to the
stand-in and once through a proxy process. What the stand-in received is compared, request by request, and what the client printed.

Exit status: 0 if nothing differs, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.credentials import oauth_token
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, OAUTH_BETA, REPLY, Anthropic

PROGRAMS = Path(__file__).with_name("programs")
SESSION = "00000000-0000-4000-8000-00000000000a"
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
    # Whoever leaves loopback meets a port on which nothing listens.
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "127.0.0.1,localhost",
}
# New in each run, though the client is the same: its identity, and the numbers of one message.
_NEW_EACH_TIME = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}|req_standin[0-9]+|127\.0\.0\.1:[0-9]+"
)
_COMPARED = ("method", "target", "headers", "body")
_HOPS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass(frozen=True)
class Client:
    """One client. direct: whether it can go to Anthropic without a proxy. token_in: the variable it reads its token from."""

    name: str
    package: str
    program: str
    token_in: str = "TOKEN"
    direct: bool = True

    @property
    def is_claude_code(self) -> bool:
        return self.token_in != "TOKEN"


CLIENTS = (
    Client("Claude Code, CLAUDE_CODE_OAUTH_TOKEN", "@anthropic-ai/claude-code", "claude", "CLAUDE_CODE_OAUTH_TOKEN"),
    Client("Claude Code, ANTHROPIC_AUTH_TOKEN", "@anthropic-ai/claude-code", "claude", "ANTHROPIC_AUTH_TOKEN"),
    Client("Claude Agent SDK for Python", "claude-agent-sdk", "agent_sdk_python.py", "CLAUDE_CODE_OAUTH_TOKEN"),
    Client("anthropic for Python", "anthropic", "anthropic_python.py"),
    Client("anthropic for Node", "@anthropic-ai/sdk", "anthropic_node.mjs"),
    Client("LangChain for Python", "langchain-anthropic", "langchain_python.py"),
    Client("openai for Python", "openai", "openai_python.py", direct=False),
    Client("openai for Node", "openai (npm)", "openai_node.mjs", direct=False),
)


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).encode()


_JSON = {"content-type": "application/json", "request-id": "req_1"}
_EXPIRED = "OAuth token has expired. Please obtain a new token or refresh your existing token."
SCENES: dict[str, Answer | None] = {
    "conversation": None,
    "expired token": Answer(401, _error("authentication_error", _EXPIRED), {**_JSON, "x-should-retry": "false"}),
    "limit": Answer(
        429, _error("rate_limit_error", "This would exceed your limit."), {**_JSON, "retry-after": "17", "x-should-retry": "false"}
    ),
    "overloaded": Answer(529, _error("overloaded_error", "Overloaded"), {**_JSON, "x-should-retry": "false"}),
}


class Conversing:
    """The stand-in, which asks for the client's tool before it says anything."""

    def __init__(self, judge: Anthropic) -> None:
        self.judge = judge

    def __call__(self, request: Request) -> Answer:
        answer = self.judge(request)
        tool = _wanted_tool(request) if request.path == "/v1/messages" and answer.status == 200 else None
        return answer if tool is None else _asks_for(tool, answer)


def _wanted_tool(request: Request) -> str | None:
    asked = json.loads(request.body)
    names = [tool["name"] for tool in asked.get("tools") or ()]
    content = asked["messages"][-1]["content"]
    answered = isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)
    return None if answered else "Bash" if "Bash" in names else "echo" if "echo" in names else None


def _asks_for(tool: str, answer: Answer) -> Answer:
    """The stand-in's answer with a tool call in place of its text."""
    given = {"command": "echo hello", "description": "Say hello"} if tool == "Bash" else {}
    call = {"type": "tool_use", "id": "toolu_standin", "name": tool, "input": given}
    if isinstance(answer.body, bytes):
        body = {**json.loads(answer.body), "content": [call], "stop_reason": "tool_use"}
        return Answer(200, json.dumps(body).encode(), answer.headers)
    swapped = [part.decode() for part in answer.body]
    swapped[1] = swapped[1].replace('{"type": "text", "text": ""}', json.dumps({**call, "input": {}}))
    delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
    swapped[2] = swapped[2].replace(json.dumps({"type": "text_delta", "text": REPLY}), json.dumps(delta))
    swapped[4] = swapped[4].replace("end_turn", "tool_use")
    return Answer(200, tuple(part.encode() for part in swapped), answer.headers)


@contextmanager
def _home() -> Iterator[Path]:
    """An empty home, at the same place each time: a client may tell where it is."""
    home = Path(tempfile.gettempdir()) / "a-clients-home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(client: Client, environment: Path, url: str, token: str, litellm_key: str | None) -> str:
    """What a client prints."""
    # A client that takes a token without knowing what it is does not ask for the beta by itself, and Anthropic refuses it directly.
    headers = {} if client.token_in == "CLAUDE_CODE_OAUTH_TOKEN" else {"anthropic-beta": OAUTH_BETA}
    headers |= {} if litellm_key is None else {"x-litellm-api-key": f"Bearer {litellm_key}"}
    with _home() as home:
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home), "MODEL": MODEL, **QUIET}
        variables |= {client.token_in: token, "BASE_URL": url, "HEADERS": json.dumps(headers), "SESSION": SESSION}
        if client.is_claude_code:
            variables |= {
                "ANTHROPIC_BASE_URL": url,
                "ANTHROPIC_CUSTOM_HEADERS": "\n".join(f"{name}: {value}" for name, value in headers.items() if name != "anthropic-beta"),
                **({"ANTHROPIC_BETAS": headers["anthropic-beta"]} if "anthropic-beta" in headers else {}),
            }
        command = [str(environment / "bin" / "python"), str(PROGRAMS / client.program)]
        if client.program == "claude":
            tool = ["--allowedTools", "Bash(echo:*)", "--session-id", SESSION]
            command = [str(environment / "node_modules" / ".bin" / "claude"), "-p", "Say hello.", "--model", MODEL, *tool]
        elif client.program.endswith(".mjs"):
            shutil.copy(PROGRAMS / client.program, environment / client.program)  # Node looks for packages beside the program
            command = ["node", str(environment / client.program)]
        done = subprocess.run(
            command, env=variables, cwd=home, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
        )
    return _NEW_EACH_TIME.sub("<new>", done.stdout + (done.stderr if done.returncode not in (0, 1) else ""))


def _received(request: Request) -> tuple[object, ...]:
    headers = {name.lower(): _NEW_EACH_TIME.sub("<new>", value) for name, value in request.headers if name.lower() not in _HOPS}
    headers["authorization"] = headers.get("authorization", "none").partition(" ")[0]
    headers.setdefault("anthropic-dangerous-direct-browser-access", "true")  # goes out with every token
    return request.method, request.target, sorted(headers.items()), _NEW_EACH_TIME.sub("<new>", request.body.decode())


def _differences(direct: list[tuple[object, ...]], through: list[tuple[object, ...]]) -> list[str]:
    """What differs between two lists of requests, in words, without any request's content."""
    if len(direct) != len(through):
        return [f"{len(direct)} requests directly, {len(through)} through the proxy"]
    found = []
    for number, (one, other) in enumerate(zip(direct, through, strict=True), 1):
        parts = [what for what, a, b in zip(_COMPARED, one, other, strict=True) if a != b]
        found += [f"request {number}: {', '.join(parts)}"] if parts else []
    return found


def _tried(client: Client, scene: str, path: str, anthropic: Origin, judge: Anthropic, proxy: Proxy, key: str, environment: Path) -> str:
    """How one client fared in one scene: the same, or what was not."""
    seen, printed = [], []
    for url, litellm_key in ((anthropic.url, None), (proxy.url + path, key)):
        if litellm_key is None and not client.direct:
            continue
        token = oauth_token()
        if (answer := SCENES[scene]) is not None:
            judge.answers[token] = answer
        anthropic.clear()
        printed.append(_run(client, environment, url, token, litellm_key))
        seen.append([_received(request) for request in anthropic.requests if request.method == "POST"])
    if not seen[-1]:
        return f"nothing arrived; it printed {printed[-1][-200:]!r}"
    if not client.direct:
        # Where the shapes differ, what is Anthropic's own failure has LiteLLM's status for it.
        expected = {"conversation": REPLY, "expired token": "401", "limit": "429", "overloaded": "529"}[scene]
        return "works" if expected in printed[-1] else f"it printed {printed[-1][-200:]!r}"
    found = _differences(*seen) + ([] if printed[0] == printed[1] else [f"it printed {printed[0][-300:]!r}, and {printed[1][-300:]!r}"])
    return f"the same ({len(seen[-1])})" if not found else "; ".join(found)


def _versions(environment: Path) -> dict[str, str]:
    lines = (Path(__file__).parents[2] / "requirements" / "clients.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    node = json.loads(Path(__file__).with_name("package.json").read_text())["dependencies"]
    return {**{name: version for name, version in node.items() if name != "openai"}, **pinned, "openai (npm)": node["openai"]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--environment", type=Path, required=True, help="where the clients are installed")
    parser.add_argument("--only", default="", help="clients whose name holds this text")
    parser.add_argument("--write", type=Path, help="the document whose table is written")
    options = parser.parse_args()
    judge, key, failed = Anthropic(), master_key(), False
    environment = options.environment.resolve()
    rows, versions = [], _versions(environment)
    with Origin(Conversing(judge)) as anthropic, tempfile.TemporaryDirectory() as folder:
        config = {
            "model_list": [{"model_name": MODEL, "litellm_params": {"model": f"anthropic/{MODEL}", "api_base": anthropic.url}}],
            "general_settings": {"master_key": key},
            "litellm_settings": {"num_retries": 0},
        }
        variables = {"ANTHROPIC_API_BASE": anthropic.url, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": anthropic.url}
        with Proxy(config, Path(folder), variables) as proxy:
            for client in (each for each in CLIENTS if options.only in each.name):
                for path in ("", "/anthropic") if client.direct else ("",):
                    fared = {scene: _tried(client, scene, path, anthropic, judge, proxy, key, environment) for scene in SCENES}
                    failed |= any(not each.startswith(("the same", "works")) for each in fared.values())
                    print(client.name, path or "/", json.dumps(fared), flush=True)
                    rows.append(f"| {client.name} | {versions[client.package]} | `{path or '/'}` | {' | '.join(fared.values())} |")
    head = ["| client | version | base | " + " | ".join(SCENES) + " |", "|" + "---|" * (3 + len(SCENES))]
    if options.write is not None and not failed:
        text = options.write.read_text()
        before, after = text.index("<!-- clients -->\n") + len("<!-- clients -->\n"), text.index("<!-- end of clients -->")
        options.write.write_text(text[:before] + "\n".join([*head, *rows]) + "\n" + text[after:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
