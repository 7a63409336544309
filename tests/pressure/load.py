"""Many clients of one proxy, on every route, with a response cache and a guardrail, some of them cut off or refused: `make soak`.

    python -m tests.pressure.load [--seconds 600] [--clients 2000]

Rounds of that many clients, each with a token and a text of its own, until the time is over. Every answer has to be the client's own, or
the refusal that its token earns; every request at Anthropic has to hold the token of who sent its text; the log holds none. Exit status: 0
if so and the proxy's memory is where it was after the first round, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import Proxy, master_key
from tests.support.standin import MODEL, REPLY, Anthropic

_IN_FLIGHT = 128
_PATIENCE = 60
_PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/anthropic/v1/messages")
_STATUSES = (401, 429)
_TEXT = re.compile(rb"I am client (\d+)\.")
# Of memory: what the allocator keeps differs by this much from one round to the next.
_ROOM = 1.15


@dataclass
class Client:
    """One request. status: what its token earns. cut: it goes away before its answer is whole."""

    number: int
    token: str
    path: str
    streamed: bool
    status: int
    cut: bool

    @property
    def body(self) -> dict[str, object]:
        said = f"I am client {self.number}."
        stream = {"stream": True} if self.streamed else {}
        if self.path == "/v1/responses":
            return {"model": "claude", "input": said, **stream}
        model = MODEL if self.path.startswith("/anthropic/") else "claude"
        return {"model": model, "max_tokens": 16, "messages": [{"role": "user", "content": said}], **stream}


@dataclass
class Stage:
    """A proxy, and an Anthropic whose answer names the client whose text it was asked with."""

    proxy: Proxy
    origin: Origin
    judge: Anthropic
    litellm_key: str
    tokens: list[str] = field(default_factory=list)

    def clients(self, count: int, first: int) -> list[Client]:
        """New clients: one in twenty with a token that is refused, one in a hundred cut off."""
        made = []
        for number in range(first, first + count):
            status = _STATUSES[number % 2] if number % 20 == 7 else 200
            token = oauth_token()
            if status != 200:
                self.judge.statuses[token] = status
            made.append(Client(number, token, _PATHS[number % 4], number // 4 % 2 == 0, status, cut=number % 100 == 50))
        self.tokens += [client.token for client in made]
        return made

    def memory(self) -> float:
        """What the proxy has resident, in MB."""
        (resident,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.proxy.pid}/status").read_text())
        return int(resident) / 1024


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A proxy with a response cache and a guardrail that is on for all."""
    judge, key, litellm_key = Anthropic(), api_key(), master_key()

    def answer(request: Request) -> Answer:
        answered, said = judge(request), _TEXT.search(request.body)
        if said is None:
            return answered
        own = f"Hello client {said[1].decode()}.".encode()
        body = answered.body
        return replace(
            answered,
            body=body.replace(REPLY.encode(), own) if isinstance(body, bytes) else tuple(p.replace(REPLY.encode(), own) for p in body),
        )

    (folder / "guardrail.py").write_text(Path(__file__).with_name("guardrail.py").read_text())
    with Origin(answer) as origin:
        parameters = {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url}
        modes = ["pre_call", "during_call", "post_call"]
        config: dict[str, object] = {
            "model_list": [{"model_name": "claude", "litellm_params": parameters}],
            "general_settings": {"master_key": litellm_key},
            "litellm_settings": {"num_retries": 0, "cache": True, "cache_params": {"type": "local"}},
            "guardrails": [
                {"guardrail_name": "passing", "litellm_params": {"guardrail": "guardrail.Passing", "mode": modes, "default_on": True}}
            ],
        }
        environment = {"ANTHROPIC_API_BASE": origin.url, "ANTHROPIC_API_KEY": key, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin.url}
        with Proxy(config, folder, environment) as proxy:
            yield Stage(proxy, origin, judge, litellm_key)


async def ask(stage: Stage, clients: list[Client]) -> Counter[str]:
    """Let the clients ask, some at a time; what was wrong, by kind, with how often; empty if all was right."""
    wrong: Counter[str] = Counter()
    connections = aiohttp.TCPConnector(limit=_IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connections, timeout=aiohttp.ClientTimeout(total=None, sock_read=_PATIENCE)) as session:
        for problem in await asyncio.gather(*(_ask(session, stage, client) for client in clients)):
            wrong.update(problem)
    return wrong


async def _ask(session: aiohttp.ClientSession, stage: Stage, client: Client) -> list[str]:
    key = {"x-litellm-api-key": stage.litellm_key, "anthropic-version": "2023-06-01"}
    headers = {**key, "Authorization": f"Bearer {client.token}"}
    kind = f"{client.path}{' streamed' if client.streamed else ''}"
    try:
        async with session.post(stage.proxy.url + client.path, headers=headers, json=client.body) as answer:
            if client.cut:
                await answer.content.read(1)
                answer.close()
                return []
            text = await answer.text()
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        return [f"{kind}: {type(error).__name__}"]
    problems = [] if answer.status == client.status else [f"{kind}: {answer.status} and not {client.status}: {text[:120]}"]
    # A stream on other routes than Anthropic's own may cut the text into pieces, but never puts another's number in.
    others = set(re.findall(r"client (\d+)", text)) - {str(client.number)}
    if others or (client.status == 200 == answer.status and f"client {client.number}." not in text):
        problems.append(f"{kind}: the answer is not the client's own")
    return problems + [f"{kind}: a token in the answer" for token in stage.tokens if token in text]


def wrong_at_anthropic(stage: Stage, clients: list[Client]) -> Counter[str]:
    """What was wrong in the requests that arrived since the last look, by kind."""
    wrong: Counter[str] = Counter()
    arrived: Counter[int] = Counter()
    tokens = {client.number: client.token for client in clients}
    for request in stage.origin.requests:
        said = _TEXT.search(request.body)
        number = int(said[1]) if said else -1
        arrived[number] += 1
        if request.header("authorization") != f"Bearer {tokens.get(number)}" or request.header("x-api-key") is not None:
            wrong["a request without its client's token"] += 1
        if stage.litellm_key in json.dumps(request.headers):
            wrong["the LiteLLM key"] += 1
    stage.origin.clear()
    wrong["a client whose request came twice"] += sum(1 for count in arrived.values() if count > 1)
    wrong["a client whose request never came"] += sum(1 for client in clients if not client.cut and not arrived[client.number])
    return +wrong


def soak(stage: Stage, seconds: float, count: int) -> tuple[int, Counter[str], list[float]]:
    """Rounds of clients until the time is over, at least two: how many asked, what was wrong, and the memory after each round."""
    started, asked = time.monotonic(), 0
    wrong: Counter[str] = Counter()
    memory: list[float] = []
    while len(memory) < 2 or time.monotonic() < started + seconds:
        clients = stage.clients(count, asked)
        random.shuffle(clients)
        wrong += asyncio.run(ask(stage, clients)) + wrong_at_anthropic(stage, clients)
        asked += count
        memory.append(stage.memory())
        log = stage.proxy.log()
        wrong["a token in the log"] += sum(token in log for token in stage.tokens)
        stage.tokens.clear()
        stage.judge.statuses.clear()
    return asked, +wrong, memory


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.pressure.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600, help="how long new rounds are begun (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=2000, help="how many clients a round has (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as made:
        asked, wrong, memory = soak(made, options.seconds, options.clients)
    grown = memory[-1] > memory[0] * _ROOM
    told = f"{asked:,} clients in {len(memory)} rounds; wrong: {dict(wrong) or 0}"
    print(f"{told}; memory after the first round {memory[0]:.0f} MB, after the last {memory[-1]:.0f} MB")
    return 1 if wrong or grown else 0


if __name__ == "__main__":
    sys.exit(main())
