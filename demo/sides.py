"""Have an environment's LiteLLM make the demo's calls, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from demo.cells import Cell, masked

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "ANTHROPIC_OAUTH_TOKEN"


class CallsFailed(Exception):
    """The calls could not be made, which says nothing of how they would have come out."""


@dataclass(frozen=True)
class Side:
    """One environment: what it is called, its interpreter, and the LiteLLM release in it."""

    name: str
    python: str
    release: str


def installed_release(python: str) -> str:
    """The version of LiteLLM that an interpreter has. Raises CallsFailed if it has none."""
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise CallsFailed(f"{python} has no litellm installed. `make demo` builds the environments it needs.\n{done.stderr[-500:]}")
    return done.stdout.strip()


def made(side: Side, kinds: Sequence[str], tell: Callable[[str], None], *, once: bool = False) -> list[Cell]:
    """Have a side's interpreter make the calls of some kinds in one process, and tell of its progress. Raises CallsFailed if it could not.

    once: with one source a call, in place of all.
    """
    # The real token goes to no process but the one that sends it to Anthropic.
    environment = {name: value for name, value in os.environ.items() if "Anthropic" in kinds or name != TOKEN}
    environment["PYTHONPATH"] = str(ROOT)
    command = [side.python, "-m", "demo.calls", "--kind", *kinds, *["--once"] * once]
    cells: list[Cell] = []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, encoding="utf-8") as process:
        assert process.stdout is not None and process.stderr is not None
        with ThreadPoolExecutor(1) as reader:
            said = reader.submit(process.stderr.read)
            for line in process.stdout:
                event = json.loads(line)
                if "cell" in event:
                    cells.append(Cell.read(event["cell"]))
                else:
                    tell(f"{side.name} {side.release}: {event['progress']}")
    if process.returncode:
        shown, of = masked(said.result()[-3000:]), " and ".join(kinds)
        raise CallsFailed(f"The {of} calls could not be made with {side.python}, which ended with status {process.returncode}:\n{shown}")
    return cells
