"""Break the fork in one place at a time and see that the suite notices.

    python -m tests.mutants [--release RELEASE] [--only TEXT] [--list]

Runs on an interpreter that has the pinned release's dependencies and the test requirements. The merged tree is written into
build/mutants-<release>/, twice, since two mutants are tried at a time, and put first on the path. A mutant is one edit of it: of the
policy, of the place where a caller's token enters a call, or a claimed definition given back to upstream, each in turn. For each, the
suites run up to the first failure.

Exit status: 0 if every mutant was killed, 1 if one survived, an edit no longer applies, or the unmutated fork is red already.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from fork.errors import ForkError
from fork.layers import overlay_files
from fork.merge import merge
from fork.overlay import read_overlay
from fork.patch import merge_release
from fork.release import MODULE, ROOT, Release, load_release
from fork.source import Source
from fork.tree import write_tree
from fork.upstream import open_wheel
from fork.wheel import UpstreamWheel

POLICY = "litellm/llms/anthropic/oauth.py"
ORIGINS = "litellm/llms/anthropic/origins.py"
SCOPE = "litellm/litellm_core_utils/oauth_scope.py"
ARGUMENTS = "litellm/litellm_core_utils/oauth_arguments.py"
FAILURES = "litellm/litellm_core_utils/oauth_failures.py"
MASKING = "litellm/litellm_core_utils/oauth_masking.py"
DIAGNOSIS = "litellm/llms/anthropic/doctor_diagnosis.py"
EXIT = "litellm/llms/custom_httpx/oauth_exit.py"
REDIRECTS = "litellm/llms/custom_httpx/redirects.py"
CLIENTS = "litellm/llms/anthropic/clients_request.py"
CLIENTS_EXIT = "litellm/llms/custom_httpx/clients_exit.py"
FIELDS = "litellm/llms/anthropic/callers_fields.py"
TRANSPARENCY = "litellm/proxy/transparency.py"
HOOKED = "litellm/proxy/hooked_requests.py"
KEY = "litellm/proxy/auth/litellm_key.py"
COUNT = "litellm/proxy/anthropic_endpoints/client_token_count.py"
HEADERS = "litellm/proxy/client_headers.py"
# Each mutant meets all of the suites, those that are near what it touches first.
SDK_FIRST = ("tests/test_litellm", "tests/wire", "tests/pressure", "tests/proxy")
PROXY_FIRST = ("tests/test_litellm", "tests/pressure", "tests/proxy", "tests/wire")
_PROXY_ROOMS = ("litellm/proxy/", "litellm/integrations/", "litellm/router.py", "litellm/router_utils/")
_dates = itertools.count(1)


@dataclass(frozen=True)
class Mutant:
    """One edit. data: the mutated module; the text says why where the edit no longer applies."""

    name: str
    path: str
    data: bytes | str
    tests: tuple[str, ...]


# name, path, what stands there exactly once, what the mutant says instead
_EDITS = (
    ("the beta is not added", POLICY, "merge_betas(*betas, OAUTH_BETA) if any(betas) else OAUTH_BETA", "merge_betas(*betas)"),
    ("the beta replaces the others", POLICY, "kept[BETA_HEADER] = merge_betas(", "kept[BETA_HEADER] = OAUTH_BETA or merge_betas("),
    (
        "x-api-key is kept beside the bearer",
        POLICY,
        'frozenset({"authorization", "x-api-key", BETA_HEADER',
        'frozenset({"authorization", BETA_HEADER',
    ),
    ("the browser header is left off", POLICY, '    kept[_BROWSER_HEADER] = "true"\n', ""),
    ("header names have a case", POLICY, "if name_of(key) == name", "if key == name"),
    ("the scheme has a case", POLICY, 'scheme.lower() == "bearer"', 'scheme == "Bearer"'),
    ("a newline stays on the token", POLICY, "(text := held.strip())", '(text := held.lstrip().rstrip(" "))'),
    ("a control character passes", POLICY, "candidate.isascii() and candidate.isprintable()", "candidate.isascii()"),
    ("a letter outside ASCII passes", POLICY, "candidate.isascii() and candidate.isprintable()", "candidate.isprintable()"),
    ("what is almost a token passes", POLICY, "if holds_token(value) or (name", "if is_anthropic_oauth_key(value) or (name"),
    (
        "nobody is told how a token is written",
        POLICY,
        "        if has_token(headers):\n            raise",
        "        if False:\n            raise",
    ),
    ("a sealed token prints", POLICY, "super().__new__(cls, MASK)", "super().__new__(cls, str(value))"),
    ("a sealed token pickles", POLICY, "return str, (MASK,)", "return str, (str(self._value),)"),
    ("the origin is not checked", POLICY, "return (origin := origin_of(url)) == ANTHROPIC_ORIGIN or origin in allowed", "return True"),
    ("a listed origin is refused", POLICY, " or origin in allowed", ""),
    ("user information counts as a host", ORIGINS, ' or "@" in parts.netloc', ""),
    ("the port does not count", ORIGINS, "{bracketed}{suffix}", "{bracketed}"),
    ("the scheme of an origin does not count", ORIGINS, '"{scheme}://', '"https://'),
    ("every provider is Anthropic", POLICY, "if provider not in OAUTH_PROVIDERS:", "if False:"),
    ("the legacy provider is not Anthropic", POLICY, '{"anthropic", "anthropic_text"}', '{"anthropic"}'),
    ("a key goes before the caller's token", SCOPE, "else scoped.token or _own_key(", "else own or scoped.token or _own_key("),
    ("a swapped provider keeps the token", SCOPE, 'key.displaced or ""', "key"),
    ("hooks are handed a configured token", ARGUMENTS, "if holds_token(key) and not isinstance(key, OAuthToken):", "if False:"),
    ("the exit strips nothing", EXIT, "return [holds_token(held) and not _is_configured", "return [False and not _is_configured"),
    ("a second bearer leaves", EXIT, '{b"authorization", b"x-api-key"}', '{b"x-api-key"}'),
    ("a token leaves in an address", EXIT, "if OAUTH_TOKEN_PREFIX.encode() in unquote_to_bytes(request.url.raw_path):", "if False:"),
    ("the master key leaves", EXIT, "return carry_litellm_key(values, None)", "return [False] * len(values)"),
    ("a redirect keeps credentials", REDIRECTS, "and not _stays(", "and False and not _stays("),
    ("only some refusals are the client's", FAILURES, "if _is_clients(api_key) and 400 <=", "if _is_clients(api_key) and 401 <="),
    (
        "a missing credential is its deployment's",
        FAILURES,
        "    setattr(told, _NOTHING_SENT, True)\n",
        "",
    ),
    ("a failed request keeps its token", FAILURES, "if isinstance(request, httpx.Request) and has_token", "if False and has_token"),
    ("a child's records are not masked", MASKING, 'if name.lower().startswith("litellm"):', 'if name == "LiteLLM":'),
    (
        "a log line imports what is not ready",
        MASKING,
        "    said: Final = _text(record.getMessage)\n",
        "    from litellm.llms.anthropic.oauth import MASK  # noqa: F401\n\n    said: Final = _text(record.getMessage)\n",
    ),
    ("a log line raises", MASKING, "except Exception:  # noqa: BLE001", "except ZeroDivisionError:"),
    (
        "nobody is warned of a base that a client chooses",
        DIAGNOSIS,
        'if "api_base" in str(parameters.get("configurable_clientside_auth_params")):',
        "if False:",
    ),
    ("a near miss is passed over", KEY, "if meant and token_in_headers(meant) is None:", "if False:"),
    (
        "the LiteLLM key hides in a cookie",
        KEY,
        "{*map(str.strip, values), *_BETWEEN_WORDS",
        "{*map(str.strip, values)} or {*_BETWEEN_WORDS",
    ),
    ("a key of the operator's own authentication is forgotten", KEY, "_accepted.set(", "(lambda _: None)("),
    ("a mixed group is counted at the operator's cost", COUNT, "for deployment in deployments)", "for deployment in [chosen])"),
    ("a token in a body is the operator's", HEADERS, "    if holds_token(key):\n", "    if False:\n"),
    ("a request's headers are not sealed", HEADERS, 'if any(holds_token(value) for _, value in scope.get("headers", ())):', "if False:"),
    ("a client's query is dropped", CLIENTS, "request.url.copy_with(query=self.query) if self.query else request.url", "request.url"),
    ("a client's model is not resolved", CLIENTS, 'for name in ("model", "stream")', 'for name in ("stream",)'),
    (
        "a model that nobody knows is not counted",
        COUNT,
        "except litellm.BadRequestError:  # LiteLLM does not know",
        "except ZeroDivisionError:  # LiteLLM does not know",
    ),
    (
        "a client's own user agent is LiteLLM's",
        CLIENTS,
        "for name in _UNLESS_GIVEN if name not in given and",
        "for name in _UNLESS_GIVEN if",
    ),
    ("a client's refused request is mended", CLIENTS_EXIT, "if asked.answer is not None and 400 <=", "if False and 400 <="),
    ("unknown fields are dropped", FIELDS, "unknown: Final = unknown_fields(call.model_extra or {})", "unknown: Final = {}"),
    ("LiteLLM's arguments are sent as fields", FIELDS, "if value is not None and name not in not_sent and", "if value is not None and"),
    (
        "LiteLLM's words come back",
        TRANSPARENCY,
        "headers, self._told(answer, body))",
        "headers, body)",
    ),
    ("Anthropic's headers are dropped", TRANSPARENCY, "return [*theirs, *beside]", "return own"),
    ("a broken stream ends well", TRANSPARENCY, "return self.asked.cut and (last", "return False and (last"),
    (
        "what hooks change stays behind",
        HOOKED,
        "_knows_who_asks(takes_over_changes(hooks.pre_call_hook))",
        "_knows_who_asks(hooks.pre_call_hook)",
    ),
)


def _edited(name: str, path: str, old: str, new: str, text: str) -> Mutant:
    count = text.count(old)
    data: bytes | str = text.replace(old, new).encode() if count == 1 else f"{old!r} stands {count} times in {path}, not once"
    return Mutant(name, path, data, PROXY_FIRST if path.startswith(_PROXY_ROOMS) else SDK_FIRST)


def _without(overlay: Source, name: str) -> bytes:
    """The overlay file without one claim: its lines are taken out, and a class that is left with no member goes too."""
    parts = name.split(".")
    body: list[ast.stmt] = overlay.tree.body
    outer: ast.stmt | None = None
    for part in parts[:-1]:
        outer = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == part)
        body = outer.body
    node = next(node for node in body if _name_of(node) == parts[-1])
    members = [each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    node = outer if outer is not None and members == [node] else node
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    lines = overlay.text.split("\n")
    return "\n".join([*lines[: first - 1], *lines[node.end_lineno or first :]]).encode()


def _name_of(node: ast.stmt) -> str | None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else None


def _given_back(release: Release, upstream: UpstreamWheel) -> Iterator[Mutant]:
    """For each claimed definition, the module with upstream's own in its place."""
    files = overlay_files(release)
    for path, definitions in release.definitions.items():
        overlay = Source(path, files[path].read_bytes())
        for name in sorted(definitions.keys() - {MODULE}):
            try:
                reduced = read_overlay(Source(overlay.name, _without(overlay, name)))
                data = merge(Source(path, upstream.read(path)), reduced).data
            except ForkError as error:
                if "changes nothing" not in str(error):
                    raise
                data = upstream.read(path)
            tests = PROXY_FIRST if path.startswith(_PROXY_ROOMS) else SDK_FIRST
            yield Mutant(f"{name} is upstream's", path, data, tests)


def mutants(release: Release, upstream: UpstreamWheel, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    """Every mutant of a release whose merged modules are `files`."""
    for name, path, old, new in _EDITS:
        yield _edited(name, path, old, new, files.get(path, b"").decode())
    yield from _given_back(release, upstream)


@contextmanager
def _replaced(target: Path, data: bytes) -> Iterator[None]:
    """The file with other bytes. Its date moves each time, because Python takes a compiled module for current by date and size."""
    before, status = target.read_bytes(), target.stat()
    target.write_bytes(data)
    os.utime(target, (status.st_atime, status.st_mtime + 10 * next(_dates)))
    try:
        yield
    finally:
        target.write_bytes(before)
        os.utime(target, (status.st_atime, status.st_mtime))


def _first_failure(tree: Path, tests: tuple[str, ...], *options: str) -> str | None:
    """Run tests on the tree up to the first failure and return its name; None if all pass. Raises RuntimeError if they could not be run."""
    environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", "-rfE", *options, *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if failed is not None:
        return failed[1]
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode in (1, 2, 3, 4) and any("Error" in text for text in said):
        return "import: " + next(text for text in reversed(said) if "Error" in text).strip()[:120]
    raise RuntimeError("\n".join(said[-20:]))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--release", help="the release to mutate (default: the newest pinned one)")
    parser.add_argument("--from", dest="wheel", type=Path, metavar="WHEEL", help="use this upstream wheel; it is verified as any other")
    parser.add_argument("--only", metavar="TEXT", default="", help="only mutants whose name or path has this text")
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    options = parser.parse_args()
    release = load_release(options.release)
    trees = [ROOT / "build" / f"mutants-{release.name}" / number for number in ("1", "2")]
    with open_wheel(release, options.wheel) as upstream:
        patch = merge_release(release, upstream)
        chosen = [mutant for mutant in mutants(release, upstream, patch.files) if options.only in f"{mutant.name} {mutant.path}"]
        if options.list:
            print(*(f"{mutant.path}: {mutant.name}" for mutant in chosen), sep="\n")
            return 0
        for tree in trees:
            write_tree(patch, upstream, tree)
    print("the fork itself ...", flush=True)
    failure = _first_failure(trees[0], SDK_FIRST, "-n", "2")
    if failure is not None:
        print(f"red without any mutant: {failure}")
        return 1
    survivors = _survivors(chosen, trees)
    print(f"{len(chosen)} mutants, {len(survivors)} not killed" + "".join(f"\n  {mutant.path}: {mutant.name}" for mutant in survivors))
    return 1 if survivors or not chosen else 0


def _survivors(chosen: Sequence[Mutant], trees: Sequence[Path]) -> list[Mutant]:
    """Try the mutants, one a tree at a time, and tell of each as it is done."""
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def killed(mutant: Mutant) -> bool:
        tree = free.get()
        try:
            return _killed(mutant, tree)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        return [mutant for mutant, dead in zip(chosen, pool.map(killed, chosen), strict=True) if not dead]


def _killed(mutant: Mutant, tree: Path) -> bool:
    started = time.monotonic()
    if isinstance(mutant.data, str):
        failure, verdict = None, f"DOES NOT APPLY: {mutant.data}"
    else:
        with _replaced(tree / mutant.path, mutant.data):
            failure = _first_failure(tree, mutant.tests)
        verdict = "SURVIVED" if failure is None else f"killed by {failure}"
    print(f"{time.monotonic() - started:5.0f} s  {mutant.path}: {mutant.name}\n         {verdict}", flush=True)
    return failure is not None


if __name__ == "__main__":
    sys.exit(main())
