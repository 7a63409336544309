"""Many clients of one proxy, on every route, with a response cache and a guardrail, some of them cut off or refused: `make soak`.

    python -m tests.pressure.load [--seconds 600] [--clients 2000]

Rounds of that many clients, each with a token and a name of its own, until the time is over; 500 of them ask at once, and another with
each answer. Every answer has to be the client's own, or the refusal that its token earns; every request at Anthropic has to hold the token
of who sent it, and each client's has to come once; the log holds no token. Exit status: 0 if so and the proxy's memory is where it was
after the first round, 1 otherwise.

With 2,000 at once the proxy's one process comes to each of them so seldom that the five seconds pass that LiteLLM gives a connection to
Anthropic, which no setting changes, and it answers some of them with that error; with 1,000 so it does on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from litellm.proxy._types import LiteLLMRoutes
from litellm.types.utils import CallTypes
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Answer, Origin, Request
from tests.support.proxy_process import Proxy, master_key
from tests.support.proxy_routes import COUNT_TOKENS, MODEL_ROUTES, PASS_THROUGH_FILES, ROUTES, Route, counters
from tests.support.standin import MODEL, Anthropic

_AT_ONCE = 500
# Seconds between two signs of life: some times what the last of so many waits.
_PATIENCE = 120
_STATUSES = (401, 429)
# All of one length, so that none is the beginning of another.
_FIRST = 1_000_000
_NAME = re.compile(r"client(\d{7})")
# What all clients say and are answered alike, and where in an answer a count or a model's name stands.
_SHARED = re.compile(r'stand-?in|hello|running|(?<="display_name": ")[^"]+')
_COUNTED = re.compile(r'(tokens": ?)3\b')
_GATEWAY = "/claude_code_gateway"
# LiteLLM's own names for these are no types of call that its guardrails know: where one is on, they are answered with 500, upstream's, too.
_UNGUARDED = {"skills list": "alist_skills", "skills get": "aget_skill", "skills delete": "adelete_skill"}
# Where the proxy's log is kept if something was wrong.
_LOG = Path(__file__).parents[2] / "build" / "soak.log"
# Of memory: what the allocator keeps differs by this much from one round to the next.
_ROOM = 1.15


def _routes() -> list[Route]:
    """Every route of the installed release that a client's token is used on, and that is served where there is a guardrail."""
    gateway = [replace(route, name=f"gateway {route.name}", path=_GATEWAY + route.path) for route in (*MODEL_ROUTES, COUNT_TOKENS)]
    served = [route for route in gateway if route.path in LiteLLMRoutes.anthropic_routes.value]
    routes = [*ROUTES, *PASS_THROUGH_FILES, *(route for route in counters() if route not in ROUTES), *served]
    return [route for route in routes if _UNGUARDED.get(route.name, CallTypes.completion.value) in set(CallTypes)]


def _named(said: str, number: int) -> str:
    """What is sent or answered, with the name of one client in it: in its texts and ids, or as the count that it is."""
    return _COUNTED.sub(rf"\g<1>{number}", _SHARED.sub(f"client{number}", said))


@dataclass
class Client:
    """One request. route: its call, which names it where anything can. status: what its token earns. cut: it goes away in its answer."""

    number: int
    token: str
    route: Route
    status: int
    cut: bool

    @classmethod
    def of(cls, number: int, route: Route) -> Client:
        """One in twenty with a token that is refused, one in a hundred cut off."""

        def own(value: Any) -> Any:
            return json.loads(_named(json.dumps(value), number))

        files = {name: (file, _named(text.decode(), number).encode(), kind) for name, (file, text, kind) in (route.files or {}).items()}
        answered = _named(route.answered, number)
        own_route = replace(
            route, path=_named(route.path, number), json=own(route.json), data=own(route.data), files=files or None, answered=answered
        )
        status = _STATUSES[number // 20 % 2] if number % 20 == 7 else 200
        return cls(number, oauth_token(), own_route, status, cut=number % 100 == 50)


@dataclass
class Stage:
    """A proxy, and an Anthropic whose answer names the client whose token it was asked with.

    asking: the clients of this round by token. waiting: how many of them are unanswered; at_once: how many were, at most.
    """

    proxy: Proxy
    origin: Origin
    judge: Anthropic
    litellm_key: str
    routes: list[Route] = field(default_factory=_routes)
    asking: dict[str, Client] = field(default_factory=dict)
    waiting: int = 0
    at_once: int = 0

    def clients(self, count: int, first: int) -> list[Client]:
        """New clients, in whose turn every route has its refused ones and its cut ones."""
        made = [Client.of(number, self.routes[(number + number // 100) % len(self.routes)]) for number in range(first, first + count)]
        self.asking = {client.token: client for client in made}
        self.judge.statuses = {client.token: client.status for client in made if client.status != 200}
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
        answered, client = judge(request), made.asking.get(_token(request))
        if client is None:
            return answered
        # A batch that has ended makes LiteLLM fetch its results.
        own = [_named(part.decode(), client.number).replace('"ended"', '"in_progress"').encode() for part in _parts(answered)]
        return replace(answered, body=own[0] if isinstance(answered.body, bytes) else tuple(own))

    (folder / "guardrail.py").write_text(Path(__file__).with_name("guardrail.py").read_text())
    with Origin(answer) as origin:
        parameters = {"model": f"anthropic/{MODEL}", "api_key": key, "api_base": origin.url}
        modes = ["pre_call", "during_call", "post_call"]
        config: dict[str, object] = {
            "model_list": [{"model_name": "claude", "litellm_params": parameters}],
            "files_settings": [{"custom_llm_provider": "anthropic", "api_key": key, "api_base": origin.url}],
            "general_settings": {"master_key": litellm_key, "enable_claude_code_gateway": True},
            "litellm_settings": {"num_retries": 0, "cache": True, "cache_params": {"type": "local"}},
            "guardrails": [
                {"guardrail_name": "passing", "litellm_params": {"guardrail": "guardrail.Passing", "mode": modes, "default_on": True}}
            ],
        }
        environment = {"ANTHROPIC_API_BASE": origin.url, "ANTHROPIC_API_KEY": key, "LITELLM_ANTHROPIC_OAUTH_ORIGINS": origin.url}
        with Proxy(config, folder, environment) as proxy:
            made = Stage(proxy, origin, judge, litellm_key)
            yield made


def _token(request: Request) -> str:
    return (request.header("authorization") or "").removeprefix("Bearer ")


def _parts(answer: Answer) -> tuple[bytes, ...]:
    return (answer.body,) if isinstance(answer.body, bytes) else answer.body


async def ask(stage: Stage, clients: list[Client]) -> Counter[str]:
    """Let the clients ask, so many at once; what was wrong, by kind, with how often; empty if all was right."""
    wrong: Counter[str] = Counter()
    stage.waiting = 0

    async def is_sent(*_: object) -> None:
        stage.waiting += 1
        stage.at_once = max(stage.at_once, stage.waiting)

    async def is_answered(*_: object) -> None:
        stage.waiting -= 1

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(is_sent)
    trace.on_request_end.append(is_answered)
    connections, patience = aiohttp.TCPConnector(limit=_AT_ONCE), aiohttp.ClientTimeout(total=None, sock_read=_PATIENCE)
    async with aiohttp.ClientSession(connector=connections, timeout=patience, trace_configs=[trace]) as session:
        for problem in await asyncio.gather(*(_ask(session, stage, client) for client in clients)):
            wrong.update(problem)
    return wrong


async def _ask(session: aiohttp.ClientSession, stage: Stage, client: Client) -> list[str]:
    kind, headers = client.route.name, {"x-litellm-api-key": stage.litellm_key, "Authorization": f"Bearer {client.token}"}
    request = client.route.request(stage.proxy.url, headers)
    try:
        async with session.request(request.method, str(request.url), headers=request.headers, data=request.read() or None) as answer:
            if client.cut:
                await answer.content.read(1)
                answer.close()
                return []
            text = await answer.text()
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        return [f"{kind}: {type(error).__name__}"]
    problems = [] if answer.status == client.status else [f"{kind}: {answer.status} and not {client.status}: {text[:120]}"]
    is_own = str(client.number) in text and (client.status != 200 or client.route.answered in text)
    if not is_own or set(_NAME.findall(text)) - {str(client.number)}:
        problems.append(f"{kind}: the answer is not the client's own")
    return problems + [f"{kind}: a token in the answer" for token in stage.asking if token in text]


def wrong_at_anthropic(stage: Stage, clients: list[Client]) -> Counter[str]:
    """What was wrong in the requests that arrived since the last look, by kind."""
    wrong: Counter[str] = Counter()
    arrived: Counter[int] = Counter()
    for request in stage.origin.requests:
        client = stage.asking.get(_token(request))
        number = client.number if client else -1
        arrived[number] += 1
        names = set(_NAME.findall(request.target + request.body.decode()))
        if client is None or names - {str(number)} or request.header("x-api-key") is not None:
            wrong["a request without its client's token"] += 1
        if stage.litellm_key in json.dumps(request.headers):
            wrong["the LiteLLM key"] += 1
    stage.origin.clear()
    for client in clients:
        if arrived[client.number] > 1:
            wrong[f"{client.route.name}: a client whose request came twice"] += 1
        if not client.cut and not arrived[client.number]:
            wrong[f"{client.route.name}: a client whose request never came"] += 1
    return wrong


def soak(stage: Stage, seconds: float, count: int) -> tuple[int, Counter[str], list[float]]:
    """Rounds of clients until the time is over, at least two: how many asked, what was wrong, and the memory after each round."""
    started, asked = time.monotonic(), 0
    wrong: Counter[str] = Counter()
    memory: list[float] = []
    while len(memory) < 2 or time.monotonic() < started + seconds:
        clients = stage.clients(count, _FIRST + asked)
        random.shuffle(clients)
        wrong += asyncio.run(ask(stage, clients)) + wrong_at_anthropic(stage, clients)
        asked += count
        memory.append(stage.memory())
        log = stage.proxy.log()
        wrong["a token in the log"] += sum(token in log for token in stage.asking)
    return asked, +wrong, memory


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.pressure.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600, help="how long new rounds are begun (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=2000, help="how many clients a round has (default: %(default)s)")
    options = parser.parse_args()
    # Each client's connection, and the proxy's for it, is an open file; the proxy inherits the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as made:
        asked, wrong, memory = soak(made, options.seconds, options.clients)
        if wrong:
            _LOG.parent.mkdir(exist_ok=True)
            _LOG.write_text(made.proxy.log())
            print(f"The proxy's log is in {_LOG}.")
    grown = memory[-1] > memory[0] * _ROOM
    told = f"{asked:,} clients on {len(made.routes)} routes in {len(memory)} rounds, up to {made.at_once:,} of them waiting at once"
    told += f"; wrong: {dict(wrong) or 0}"
    print(f"{told}; memory after the first round {memory[0]:.0f} MB, after the last {memory[-1]:.0f} MB")
    return 1 if wrong or grown else 0


if __name__ == "__main__":
    sys.exit(main())
