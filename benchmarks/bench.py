"""Measure the tool against its targets: `python benchmarks/bench.py`. Exits with 1 if a target is missed.

Each time is the best of several runs with warm caches. Installs go into fresh environments, the fork's and upstream's in turn, and take
all dependencies from the installer's cache; the wheel of upstream is in the tool's cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fork.patch import merge_release  # noqa: E402
from fork.release import Release, load_release  # noqa: E402
from fork.upstream import open_wheel  # noqa: E402
from fork.wheel import UpstreamWheel  # noqa: E402

RUNS = 5
INSTALLS = 2
# Runs a command and prints its wall time in seconds and its peak memory in MB; a process of its own, so that only the command counts.
PEAK = (
    "import resource, subprocess, sys, time; t = time.perf_counter(); subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    "r = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss; "
    "print(time.perf_counter() - t, r / (1 << 20 if sys.platform == 'darwin' else 1 << 10))"
)


@dataclass(frozen=True)
class Result:
    """One measured figure and what it may be at most, in the same unit."""

    name: str
    measured: float
    target: float
    unit: str


def main() -> int:
    """Measure everything, print the table, and return the exit status."""
    release = load_release(None)
    with open_wheel(release) as upstream:
        wheel = upstream.path
    with tempfile.TemporaryDirectory() as scratch:
        results = [*_tool(release, wheel, Path(scratch)), *_installs(release, Path(scratch))]
    print(f"{'':46}{'measured':>12}{'target':>12}")
    for result in results:
        state = "ok" if result.measured <= result.target else "MISSED"
        print(f"{result.name:46}{result.measured:9.2f} {result.unit:2}{result.target:9.2f} {result.unit:2}  {state}")
    missed = [result.name for result in results if result.measured > result.target]
    print(f"{len(missed)} of {len(results)} targets missed{': ' + ', '.join(missed) if missed else ''}.")
    return 1 if missed else 0


def _tool(release: Release, wheel: Path, scratch: Path) -> list[Result]:
    def merge() -> None:
        with UpstreamWheel(wheel, release.name) as upstream:
            merge_release(release, upstream)

    command = [sys.executable, "-c", PEAK, sys.executable, "-m", "fork"]
    builds = [_measured([*command, "build", str(scratch)]) for _ in range(RUNS)]
    checks = [_measured([*command, "check", "--release", release.name]) for _ in range(RUNS)]
    return [
        Result("merge all overlay files", min(_seconds(merge) for _ in range(RUNS)), 0.5, "s"),
        Result("build a wheel from the cached upstream wheel", min(seconds for seconds, _ in builds), 2.0, "s"),
        Result("peak memory of that build", max(memory for _, memory in builds), 250.0, "MB"),
        Result("check one release", min(seconds for seconds, _ in checks), 2.0, "s"),
    ]


def _installs(release: Release, scratch: Path) -> list[Result]:
    """`pip install .` and `uv pip install .` against the same install of the upstream release."""
    pip, uv = _pip(scratch / "pip"), shutil.which("uv")
    upstream = f"litellm=={release.name}"
    ours, theirs = _compared(pip, upstream)
    results = [Result(f"pip install . ({ours:.1f} s), times upstream's {theirs:.1f} s", ours / theirs, 1.15, "x")]
    if uv is None:
        print("uv is not on the path: its install is not measured.")
        return results
    ours, theirs = _compared(_uv(uv, scratch / "uv"), upstream)
    return [*results, Result(f"uv pip install . ({ours:.1f} s), over upstream's {theirs:.1f} s", ours - theirs, 3.0, "s")]


def _compared(install: Callable[[str], float], upstream: str) -> tuple[float, float]:
    for requirement in (str(ROOT), upstream):
        install(requirement)
    rounds = [(install(str(ROOT)), install(upstream)) for _ in range(INSTALLS)]
    return min(ours for ours, _ in rounds), min(theirs for _, theirs in rounds)


def _pip(environment: Path) -> Callable[[str], float]:
    def install(requirement: str) -> float:
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        return _seconds(lambda: _quiet([str(_python(environment)), "-m", "pip", "install", "--quiet", requirement]))

    return install


def _uv(uv: str, environment: Path) -> Callable[[str], float]:
    def install(requirement: str) -> float:
        _quiet([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)])
        # uv would install the fork's wheel it has kept from the last run: build it anew, which is what is measured.
        fresh = ["--refresh-package", "litellm"] if requirement == str(ROOT) else []
        return _seconds(lambda: _quiet([uv, "pip", "install", "--quiet", "--python", str(_python(environment)), *fresh, requirement]))

    return install


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _quiet(command: Sequence[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")


def _measured(command: Sequence[str]) -> tuple[float, float]:
    seconds, memory = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(memory)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
