"""What a patch series is tried with: `git am` on the release's own files, and each patch's tests, with it and without it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import ForkError
from .release import PACKAGE
from .series import Step
from .wheel import UpstreamWheel

# A run is busy on one core, for the most part with importing LiteLLM.
_AT_ONCE = 2
_COUNTED = re.compile(r"(\d+) (passed|failed|error|skipped)")
_SUMMARY = re.compile(r"^\d+ \w+.* in [\d.]+s")
# One process imports what a patch changes and runs its tests. Looking for garbage takes a quarter of that, and finds next to none.
_RUN = """\
import gc, importlib, sys
gc.disable()
for name in sys.argv[1].split():
    importlib.import_module(name)
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""
_PYTEST = (
    "--quiet",
    "--tb=no",
    "--no-header",
    "--disable-warnings",
    "-p",
    "no:cacheprovider",
    "--import-mode=importlib",
    "-c",
    os.devnull,
    "--continue-on-collection-errors",
)
# Nothing of whoever runs it: neither their name nor their hooks, filters and keys.
_GIT = ("git", "-c", "user.name=series", "-c", "user.email=series@localhost", "-c", "core.autocrlf=false", "-c", "commit.gpgsign=false")
_NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def require_applies(steps: Sequence[Step], mails: Mapping[str, bytes], wheel: UpstreamWheel) -> None:
    """Have git apply each patch to the release's files. Raises ForkError where it refuses one, or makes other bytes of it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        _lay(tree, {path: wheel.read(path) for step in steps for path in step.after if path in wheel.names})
        for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "the release"]):
            subprocess.run([*_GIT, *arguments], cwd=tree, env={**os.environ, **_NO_SETTINGS}, check=True, capture_output=True)
        for step in steps:
            command = [*_GIT, "am", "--quiet", "--whitespace=nowarn"]
            done = subprocess.run(command, cwd=tree, env={**os.environ, **_NO_SETTINGS}, input=mails[step.name], capture_output=True)
            other = [path for path, data in step.after.items() if (tree / path).read_bytes() != data] if not done.returncode else []
            if done.returncode or other:
                why = f"It makes other bytes of {other[0]}." if other else done.stderr.decode(errors="replace").strip()
                raise ForkError(f"`git am` does not take {step.name}.", why, "Report this: the tool is wrong.")


def proofs(steps: Sequence[Step], wheel: UpstreamWheel) -> dict[str, str]:
    """Run each patch's tests on the release with the patches up to it, and without it; the outcome of both, by the name of the step.

    Raises ForkError for a patch that does not import, or whose tests fail with it or pass without it. Needs pytest in this interpreter.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        base = Path(folder) / "release"
        _unpack(wheel, base)
        runs = [pool.submit(_proof, step, steps[:number], base, Path(folder)) for number, step in enumerate(steps)]
        return {step.name: run.result() for step, run in zip(steps, runs, strict=True)}


def _proof(step: Step, earlier: Sequence[Step], base: Path, folder: Path) -> str:
    files = {path: data for each in earlier for path, data in each.after.items()}
    tests = {path: step.after[path] for path in step.pull.tests}
    without = _run(_copy(base, folder / f"{step.name}-without", {**files, **tests}), tests, ())
    modules = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in step.after if path not in tests]
    tree = _copy(base, folder / step.name, {**files, **step.after})
    there = _run(tree, tests, modules)
    for is_wrong, what, (counts, output) in (
        (not there[0].get("passed") or there[0].keys() & {"failed", "error"}, "fail with it", there),
        (not without[0].keys() & {"failed", "error"}, "pass without it", without),
    ):
        if is_wrong:
            raise ForkError(
                f"The tests of {step.pull.file} {what}.", f"{_said(counts)}\n{output}", "Correct the test, or what the patch takes."
            )
    return f"with this patch {_said(there[0])}; without it {_said(without[0])}"


def _unpack(wheel: UpstreamWheel, tree: Path) -> None:
    """Write the release's package, and have Python compile what most runs import, once for all of them."""
    for member in wheel.members:
        if not member.is_dir() and not member.filename.startswith(wheel.dist_info):
            _lay(tree, {member.filename: wheel.read(member.filename)})
    _python(tree, ["-c", "import litellm.proxy.proxy_server"])


def _copy(base: Path, target: Path, files: Mapping[str, bytes]) -> Path:
    """The tree of hard links to another, with these files in it."""
    shutil.copytree(base, target, copy_function=os.link)
    _lay(target, files)
    return target


def _lay(tree: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(data)


def _run(tree: Path, tests: Mapping[str, bytes], modules: Sequence[str]) -> tuple[dict[str, int], str]:
    """How many of the tests passed, failed and so on, and what pytest wrote."""
    output = _python(
        tree,
        ["-c", _RUN, " ".join(modules), *_PYTEST, "--rootdir", str(tree), *(path for path in tests if Path(path).name.startswith("test_"))],
    )
    # What is logged as the interpreter ends comes behind pytest's last line.
    last = [line for line in output.splitlines() if _SUMMARY.search(line)][-1:]
    return {what: int(count) for count, what in _COUNTED.findall("".join(last))}, output


def _python(tree: Path, arguments: Sequence[str]) -> str:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS")}
    # What LiteLLM would fetch as it is imported, and what some releases would although they carry it.
    env |= {"PYTHONPATH": str(tree), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    env |= {"TIKTOKEN_CACHE_DIR": str(tree / PACKAGE / "litellm_core_utils" / "tokenizers")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing was run"
