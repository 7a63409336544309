"""Measure the fork beside upstream, in turn and in pairs, and write docs/performance.md: `make bench`.

    python -m benchmarks.bench --fork PYTHON --upstream PYTHON [--quick]

A pair is one measurement of each side, right after the other and in changing order, so that what else the machine does meets both. A
measurement is short and there are many, since the speed of a shared machine changes within seconds. Of each figure the median of all rounds
is told, and between what the middle half of them lies; the ratio is the median of the pairs' ratios. A target is missed where that is above
1.02. What was measured stands in docs/performance.json too: a run with another overlay on the same machine and release shows that one's
ratios as those before. `--quick` makes few rounds to try the benchmark itself, and writes nothing.

Exit status: 0 if every target is met, 1 if one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import aiohttp
import psutil

from benchmarks.memory import own_memory
from demo.sides import installed_release
from tests.support.credentials import oauth_token
from tests.support.origin import Answer, Origin, Request
from tests.support.standin import MODEL, OAUTH_BETA, Anthropic

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "performance.md"
RECORD: Final = DOCUMENT.with_suffix(".json")
TARGET: Final = 1.02
SIZES: Final = (250, 2000)
# Twice the size may take at most this much of twice the time: time = size ** exponent.
GROWTH_TARGET: Final = 1.15
# Milliseconds that the first byte of a stream may come later for the proxy in between.
FIRST_BYTE: Final = 5.0
IN_FLIGHT: Final = 16
IMPORT: Final = (
    "import os, time; import litellm; taken = time.process_time(); "
    "from benchmarks.memory import own_memory; print(taken, own_memory(os.getpid()))"
)
_Pair = tuple[float, float]


@dataclass(frozen=True)
class Rounds:
    """How often what is measured. calls: in each of so many processes. requests: of one round of load. turns: rounds of `asked` requests
    that both proxies get in turn. total: how many a proxy has served when its memory is read."""

    imports: int
    processes: int
    calls: int
    loads: int
    requests: int
    turns: int
    asked: int
    streams: int
    total: int
    installs: int


FULL: Final = Rounds(imports=9, processes=3, calls=150, loads=16, requests=48, turns=12, asked=100, streams=150, total=10_000, installs=2)
QUICK: Final = Rounds(imports=1, processes=1, calls=2, loads=1, requests=48, turns=1, asked=10, streams=4, total=500, installs=0)


@dataclass(frozen=True)
class Result:
    """One figure of both sides, round by round: (fork, upstream). more_is_better: of requests a second, which are turned for the ratio.

    most: what the fork's may be in the unit, where that is the target, and not the ratio.
    """

    name: str
    unit: str
    pairs: Sequence[_Pair]
    more_is_better: bool = False
    most: float | None = None

    @property
    def ratio(self) -> float:
        return statistics.median(self._ratios())

    @property
    def is_met(self) -> bool:
        return self.ratio <= TARGET if self.most is None else statistics.median(ours for ours, _ in self.pairs) <= self.most

    def _ratios(self) -> list[float]:
        return [theirs / ours if self.more_is_better else ours / theirs for ours, theirs in self.pairs]

    def row(self) -> str:
        """A line of a Markdown table."""
        ours, theirs = zip(*self.pairs, strict=True)
        figures = f"{_middle(ours)} {self.unit} | {_middle(theirs)} {self.unit}"
        target = "" if self.most is None else f" ({self.most:g} {self.unit})"
        return f"| {self.name} | {figures} | {_middle(self._ratios())} | {'met' if self.is_met else '**missed**'}{target} |"


def _middle(figures: Sequence[float]) -> str:
    """Median, and between what the middle half of them lies, where there are several."""
    median = statistics.median(figures)
    digits = 3 if median < 10 else 1 if median < 1000 else 0
    if len(figures) == 1:
        return f"{median:.{digits}f}"
    lower, _, upper = statistics.quantiles(figures, n=4, method="inclusive")
    return f"{median:.{digits}f} ({lower:.{digits}f} to {upper:.{digits}f})"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fork", metavar="PYTHON", required=True, help="interpreter of the environment with the fork")
    parser.add_argument("--upstream", metavar="PYTHON", required=True, help="interpreter of the environment with upstream's release")
    parser.add_argument("--quick", action="store_true", help="few rounds, to try the benchmark; nothing is written")
    options = parser.parse_args()
    start, rounds = time.monotonic(), QUICK if options.quick else FULL
    sides = (options.fork, options.upstream)
    results = [*_imports(sides, rounds), *_calls(sides, rounds), *_proxies(sides, rounds), *_installs(sides[1], rounds)]
    growth = _growth(options.fork)
    release = installed_release(options.upstream)
    record = _record(results, release)
    document = [*_document(results, growth, release, rounds, time.monotonic() - start), *_beside_before(record)]
    text = "\n".join([*document, ""])
    print(text)
    if not options.quick:
        DOCUMENT.write_text(text, "utf-8")
        RECORD.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        print(f"Written: {DOCUMENT.relative_to(ROOT)}")
    return 0 if all(result.is_met for result in results) and max(growth.values()) <= GROWTH_TARGET else 1


def _in_turn(number: int, measure: Callable[[int], Any]) -> Iterator[tuple[Any, Any]]:
    """What is measured of both sides, 0 the fork and 1 upstream, in pairs of changing order."""
    for round_ in range(number):
        first, second = measure(round_ % 2), measure(1 - round_ % 2)
        yield (first, second) if round_ % 2 == 0 else (second, first)


def _imports(sides: Sequence[str], rounds: Rounds) -> Iterator[Result]:
    _tell("importing litellm")

    def measure(side: int) -> list[float]:
        return [float(part) for part in _said([sides[side], "-c", IMPORT]).split()]

    for side in (0, 1):
        measure(side)
    pairs = [*_in_turn(rounds.imports, measure)]
    yield Result("`import litellm`, CPU", "s", [(ours[0], theirs[0]) for ours, theirs in pairs])
    yield Result("`import litellm`, memory", "MB", [(ours[1], theirs[1]) for ours, theirs in pairs])


def _calls(sides: Sequence[str], rounds: Rounds) -> Iterator[Result]:
    _tell("headers and calls in Python")
    pairs: list[tuple[dict[str, float], dict[str, float]]] = []
    with Origin(Anthropic()) as origin:
        for _ in range(rounds.processes):
            with _caller(sides[0], origin.url) as fork, _caller(sides[1], origin.url) as upstream:
                told = (fork, upstream)
                pairs += _in_turn(rounds.calls, lambda side, told=told: told[side]())  # type: ignore[misc]
    for what, title, unit, factor in (("headers", "headers of a request, CPU", "µs", 1e6), ("call", "`completion`, CPU", "ms", 1e3)):
        for name in ("key", "token"):
            of_it = [(ours[f"{what}, {name}"] * factor, theirs[f"{what}, {name}"] * factor) for ours, theirs in pairs]
            yield Result(f"{title}, with a {name}", unit, of_it)


@contextlib.contextmanager
def _caller(python: str, origin: str) -> Iterator[Callable[[], dict[str, float]]]:
    """A process that makes calls in one environment: what is yielded has it make some, and tells the seconds of each."""
    pipe = subprocess.PIPE
    command = [python, "-m", "benchmarks.inside", "calls", origin]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdin=pipe, stdout=pipe, text=True) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None and stdout is not None

        def some() -> dict[str, float]:
            print(file=stdin, flush=True)
            told: dict[str, float] = json.loads(stdout.readline() or "{}")
            if not told:
                raise SystemExit(f"error: the calls of {python} failed; what it said is above.")
            return told

        try:
            yield some
        finally:
            _end(stdin)


@dataclass(frozen=True)
class Served:
    """A proxy: where it is, its process, and the headers of a client with a key alone and of one with a token."""

    url: str
    pid: int
    clients: Mapping[str, Mapping[str, str]]


@contextlib.contextmanager
def _proxy(python: str, origin: str) -> Iterator[Served]:
    command = [python, "-m", "benchmarks.inside", "proxy", origin]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            told = json.loads(process.stdout.readline() or "{}")
            if not told:
                raise SystemExit(f"error: the proxy of {python} did not come up; what it said is above.")
            by_key = {"x-litellm-api-key": told["key"], "anthropic-version": "2023-06-01"}
            yield Served(told["url"], told["pid"], {"key": by_key, "token": {**by_key, "Authorization": f"Bearer {oauth_token()}"}})
        finally:
            _end(process.stdin)


def _end(stdin: IO[str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stdin.close()


def _proxies(sides: Sequence[str], rounds: Rounds) -> Iterator[Result]:
    _tell("starting both proxies")
    with Origin(judge := _Timed()) as origin, _proxy(sides[0], origin.url) as fork, _proxy(sides[1], origin.url) as upstream:
        proxies, served = (fork, upstream), 0
        for path, model in (("/v1/messages", "claude"), ("/anthropic/v1/messages", MODEL)):
            for name in ("key", "token"):
                yield from _route(origin, proxies, path, model, name, rounds)
                served += rounds.requests * (rounds.loads + 1) + rounds.turns * rounds.asked
        _tell("first bytes of streams")
        firsts = [*_in_turn(rounds.streams, lambda side: asyncio.run(_first_bytes(proxies[side], origin.url, judge)))]
        for what, at, most in (("", 0, None), (" beyond a direct call's", 1, FIRST_BYTE), (" behind the stand-in's", 2, FIRST_BYTE)):
            pairs = [(ours[at] * 1e3, theirs[at] * 1e3) for ours, theirs in firsts]
            yield Result(f"`/v1/messages` streamed with a token, first byte{what}", "ms", pairs, most=most)
        _tell(f"memory after {rounds.total} requests")
        while served < rounds.total:
            origin.clear()
            asyncio.run(_load_all(proxies, "/v1/messages", "claude", "token", rounds.requests))
            served += rounds.requests
        yield Result(f"memory of the proxy after {rounds.total} requests", "MB", [(own_memory(fork.pid), own_memory(upstream.pid))])


def _route(origin: Origin, proxies: Sequence[Served], path: str, model: str, client: str, rounds: Rounds) -> Iterator[Result]:
    """One route with one credential: rounds of load on either proxy, and requests that both get in turn."""
    cell = f"`{path}` with a {client}"
    _tell(f"load on {cell}")

    def load(side: int) -> list[float]:
        origin.clear()
        return asyncio.run(_load(proxies[side], path, model, client, rounds.requests))

    def cpu() -> _Pair:
        origin.clear()
        return asyncio.run(_cpu_of_a_request(proxies, path, model, client, rounds.asked))

    for side in (0, 1):
        load(side)
    pairs = [*_in_turn(rounds.loads, load)]
    rates = [(_rate(ours), _rate(theirs)) for ours, theirs in pairs]
    yield Result(f"{cell}, requests a second", "/s", rates, more_is_better=True)
    ours, theirs = (_p99(latency for taken in side for latency in taken) for side in zip(*pairs, strict=True))
    yield Result(f"{cell}, p99", "ms", [(ours * 1e3, theirs * 1e3)])
    cpus = [cpu() for _ in range(rounds.turns)]
    yield Result(f"{cell}, CPU of a request", "ms", [(ours * 1e3, theirs * 1e3) for ours, theirs in cpus])


def _rate(latencies: Sequence[float]) -> float:
    """Requests a second of a round of load."""
    return len(latencies) * IN_FLIGHT / sum(latencies)


def _p99(latencies: Iterable[float]) -> float:
    ordered = sorted(latencies)
    return ordered[math.ceil(len(ordered) * 0.99) - 1]


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def _load(proxy: Served, path: str, model: str, client: str, number: int) -> list[float]:
    """The seconds that each of so many requests took, IN_FLIGHT at a time. Raises SystemExit if one is not answered."""
    async with _session(proxy, client) as session:

        async def some(count: int) -> list[float]:
            return [await _ask(session, proxy.url + path, model) for _ in range(count)]

        return [each for taken in await asyncio.gather(*(some(number // IN_FLIGHT) for _ in range(IN_FLIGHT))) for each in taken]


async def _cpu_of_a_request(proxies: Sequence[Served], path: str, model: str, client: str, number: int) -> _Pair:
    """The seconds of each proxy's CPU for a request, on average of so many: the proxies get them one at a time, in turn."""
    async with _session(proxies[0], client) as ours, _session(proxies[1], client) as theirs:
        asked = ((proxies[0], ours), (proxies[1], theirs))
        before = [_cpu_seconds(proxy.pid) for proxy in proxies]
        for round_ in range(number):
            for proxy, session in asked if round_ % 2 == 0 else reversed(asked):
                await _ask(session, proxy.url + path, model)
        taken = [(_cpu_seconds(proxy.pid) - then) / number for proxy, then in zip(proxies, before, strict=True)]
    return taken[0], taken[1]


def _session(proxy: Served, client: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers=proxy.clients[client], timeout=aiohttp.ClientTimeout(total=120))


async def _ask(session: aiohttp.ClientSession, url: str, model: str) -> float:
    """The seconds that a request took. Raises SystemExit if it is not answered."""
    body = {"model": model, "max_tokens": 16, "messages": [{"role": "user", "content": "Say hello."}]}
    start = time.perf_counter()
    async with session.post(url, json=body) as answer:
        text = await answer.text()
    if answer.status != 200:
        raise SystemExit(f"error: {url} was answered {answer.status}: {text[:300]}")
    return time.perf_counter() - start


async def _load_all(proxies: Sequence[Served], path: str, model: str, client: str, number: int) -> None:
    """Load on several proxies at once, where nothing is timed."""
    await asyncio.gather(*(_load(proxy, path, model, client, number) for proxy in proxies))


@dataclass
class _Timed(Anthropic):
    """The stand-in, and the time when it last answered."""

    answered: float = 0.0

    def __call__(self, request: Request) -> Answer:
        answer = super().__call__(request)
        self.answered = time.perf_counter()
        return answer


async def _first_bytes(proxy: Served, origin: str, judge: _Timed) -> tuple[float, float, float]:
    """The seconds to the first byte of a stream, how many more those are than without a proxy, and those since the stand-in sent it."""
    headers = {name: value for name, value in proxy.clients["token"].items() if not name.startswith("x-litellm-")}
    asked, came = await _first_byte(origin, {**headers, "anthropic-beta": OAUTH_BETA}, MODEL)
    direct = came - asked
    asked, came = await _first_byte(proxy.url, proxy.clients["token"], "claude")
    return came - asked, came - asked - direct, came - judge.answered


async def _first_byte(url: str, headers: Mapping[str, str], model: str) -> tuple[float, float]:
    """When a stream was asked for, and when its first byte came. Raises SystemExit if it is not answered."""
    body = {"model": model, "max_tokens": 16, "stream": True, "messages": [{"role": "user", "content": "Say hello."}]}
    async with aiohttp.ClientSession(headers=headers) as session:
        start = time.perf_counter()
        async with session.post(url + "/v1/messages", json=body) as answer:
            await answer.content.readany()
            came = time.perf_counter()
            text = await answer.text()
    if answer.status != 200:
        raise SystemExit(f"error: a stream from {url} was answered {answer.status}: {text[:300]}")
    return start, came


def _installs(upstream: str, rounds: Rounds) -> Iterator[Result]:
    """uv's install of the fork, built for it or before, beside that of upstream's wheel; everything comes from uv's cache."""
    if not rounds.installs:
        return
    _tell("installing")
    theirs, uv = f"litellm==={installed_release(upstream)}", str(ROOT / ".venv" / "bin" / "uv")
    with tempfile.TemporaryDirectory() as folder:
        environment, built = f"{folder}/environment", Path(folder, "built")
        _said([uv, "build", "--quiet", "--wheel", "--out-dir", str(built), str(ROOT)])
        (wheel,) = built.glob("*.whl")
        checkout = (str(ROOT), "--refresh-package", "litellm")
        for what, ours in ((" of the fork's wheel", (str(wheel),)), (", the fork's build included", checkout)):

            def measure(side: int, ours: Sequence[str] = ours) -> float:
                _said([uv, "venv", "--quiet", "--clear", "--python", upstream, environment])
                start = time.perf_counter()
                _said([uv, "pip", "install", "--quiet", "--python", f"{environment}/bin/python", *(ours, (theirs,))[side]])
                return time.perf_counter() - start

            for side in (0, 1):
                measure(side)
            yield Result(f"`uv pip install`{what}", "s", [*_in_turn(rounds.installs, measure)])


def _growth(fork: str) -> dict[str, float]:
    """For each function of the policy the exponent by which its time grows with the size of what it is given."""
    _tell("growth with headers, betas and origins")
    small, large = (json.loads(_said([fork, "-m", "benchmarks.inside", "growth", str(size)])) for size in SIZES)
    return {name: math.log(large[name] / small[name]) / math.log(SIZES[1] / SIZES[0]) for name in small}


def _document(results: Sequence[Result], growth: Mapping[str, float], release: str, rounds: Rounds, seconds: float) -> Iterator[str]:
    yield "# How fast it is"
    yield ""
    yield f"Written by `make bench` in {seconds:.0f} s, on {_machine()}: this fork beside upstream {release},"
    yield "in pairs, right after each other and in changing order. A figure is the median of all rounds, in brackets between what"
    yield "the middle half of them lies; the ratio is the median of the pairs' ratios (fork by upstream; upstream by fork for requests"
    yield f"a second). The target is at most {TARGET}, or what is named beside it. Memory is what a process has to itself,"
    yield "without the files that it maps; p99 is of the requests of all rounds together."
    yield f"Proxies are asked {IN_FLIGHT} requests at a time, {rounds.requests} a round and {rounds.loads} rounds, for their CPU one"
    yield f"at a time and in turn, {rounds.asked} a round and {rounds.turns} rounds, against a stand-in on the same machine;"
    yield "with a token, upstream's pass-through sends the operator's key instead. The fork's proxy asks Anthropic's own routes first;"
    yield "upstream means to, and with a FastAPI that keeps a router's routes in it comes to `/v1/messages` after hundreds of others: in"
    yield "its ratios, what is done for a token stands beside what that saves."
    yield ""
    yield "| | this fork | upstream | ratio | target |"
    yield "|---|---|---|---|---|"
    yield from (result.row() for result in results)
    missed = [result.name for result in results if not result.is_met]
    yield ""
    yield f"{len(missed)} of {len(results)} targets are missed{': ' + '; '.join(missed) if missed else ''}."
    yield ""
    yield "## Growth"
    yield ""
    yield f"The time that the policy takes grows with a power of how much it is given, from {SIZES[0]} to {SIZES[1]} of them: 1 is linear,"
    yield f"and the target is at most {GROWTH_TARGET}."
    yield ""
    yield "| what: function | power | target |"
    yield "|---|---|---|"
    yield from (f"| {name} | {power:.2f} | {'met' if power <= GROWTH_TARGET else '**missed**'} |" for name, power in growth.items())


def _record(results: Sequence[Result], release: str) -> dict[str, Any]:
    """What was measured, for a later run to compare with: that which another overlay came to before it is kept beside."""
    overlay = hashlib.sha256(b"".join(path.read_bytes() for path in sorted((ROOT / "litellm").rglob("*.py")))).hexdigest()
    record: dict[str, Any] = {
        "machine": _machine(),
        "release": release,
        "overlay": overlay,
        "ratios": {result.name: result.ratio for result in results},
    }
    last = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    before = last.pop("before", None) if last.get("overlay") == overlay else last
    comparable = before and all(before[what] == record[what] for what in ("machine", "release"))
    return {**record, "before": {**before, "before": None}} if comparable else record


def _beside_before(record: Mapping[str, Any]) -> Iterator[str]:
    if not record.get("before"):
        return
    then, now = record["before"]["ratios"], record["ratios"]
    yield ""
    yield "## Before and after"
    yield ""
    yield f"The ratios of this run beside those of the overlay before it ({record['before']['overlay'][:12]}), measured the same way on the"
    yield "same machine, with the same release."
    yield ""
    yield "| | before | after |"
    yield "|---|---|---|"
    yield from (f"| {name} | {then[name]:.3f} | {now[name]:.3f} |" for name in now if name in then)


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, {platform.system()}, Python {platform.python_version()}"


def _environment() -> dict[str, str]:
    """The environment that both sides are measured in: bytecode is kept, as pip's installs have it, so that no import compiles."""
    left_out = ("ANTHROPIC_OAUTH_TOKEN", "PYTHONDONTWRITEBYTECODE")
    return {**{name: value for name, value in os.environ.items() if name not in left_out}, "PYTHONPATH": str(ROOT)}


def _said(command: Sequence[str]) -> str:
    """What a command prints. Raises SystemExit, with what it said of it, if it fails."""
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _tell(what: str) -> None:
    print(f"  {what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
