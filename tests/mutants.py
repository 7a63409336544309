"""Break the fork in one place at a time and see that the suite notices.

    python -m tests.mutants [--release RELEASE] [--only TEXT] [--list]

Runs on an interpreter that has the pinned release's dependencies and the test requirements. Into build/mutants-<release>/ go the merged
tree, which is first on the path, and a copy of the checkout, whose tests are run; both twice, since two mutants are tried at a time. A
mutant is one edit of the merged tree: of the policy, of the place where a caller's token enters a call, or a claimed definition given
back to upstream, each in turn. For each, the suites run up to the first failure, ahead of all the test that killed it last, on whichever
release (tests/mutants-killers.json: each run brings it up to date, and one without it runs most of the suites for each mutant). With the
newest release, whose suites try the build too, there are mutants of the build, each an edit of a check of what an index serves; for each,
the one test runs that is there for that check.

Exit status: 0 if every mutant was killed, 1 if one survived, an edit no longer applies, or the unmutated fork is red already, 2 for wrong
usage.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from fork.errors import ForkError
from fork.files import write_atomically
from fork.layers import overlay_files
from fork.merge import merge
from fork.overlay import read_overlay
from fork.patch import merge_release
from fork.release import MODULE, ROOT, Release, load_release, pinned
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
MEMBERS = "fork/members.py"
INDEX = "fork/upstream.py"
WHEEL = "fork/wheel.py"
# Each mutant meets all of the suites, those that are near what it touches first.
SDK_FIRST = ("tests/test_litellm", "tests/wire", "tests/pressure", "tests/proxy")
PROXY_FIRST = ("tests/test_litellm", "tests/pressure", "tests/proxy", "tests/wire")
_PROXY_ROOMS = ("litellm/proxy/", "litellm/integrations/", "litellm/router.py", "litellm/router_utils/")
_dates = itertools.count(1)
KILLERS = ROOT / "tests" / "mutants-killers.json"


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
    ("an answer forgets what was asked", EXIT, "copy.copy(request) if is_whole else ", ""),
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
    ("a request's headers are not sealed", HEADERS, "if came_with_one:", "if False:"),
    ("a client's query is dropped", CLIENTS, "return built.copy_with(query=self.query) if self.query else built", "return built"),
    ("the coding of a client's path is undone", CLIENTS, 'if b"%" not in self.path:', "if True:"),
    ("a path is put in that was not built", CLIENTS, "if not built.path.endswith(read):", "if False:"),
    ("a compressed body is not read", CLIENTS, "members_of(self.plain.decode())", "members_of(self.body.decode())"),
    ("what no guardrail has seen goes out", CLIENTS, "return request.content if is_json and", "return request.content if False and"),
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
    ("a client that has left has an answer", CLIENTS_EXIT, "if not asked.left.is_set():", "if answering.done():"),
    ("unknown fields are dropped", FIELDS, "unknown: Final = unknown_fields(call.model_extra or {})", "unknown: Final = {}"),
    ("LiteLLM's arguments are sent as fields", FIELDS, "if value is not None and name not in not_sent and", "if value is not None and"),
    (
        "LiteLLM's words come back",
        TRANSPARENCY,
        "headers, self._told(answer, body))",
        "headers, body)",
    ),
    ("Anthropic's headers are dropped", TRANSPARENCY, "return [*theirs, *beside]", "return own"),
    ("a key that LiteLLM is not told goes along", TRANSPARENCY, "without_first_key(headers), _path", "headers, _path"),
    ("a broken stream ends well", TRANSPARENCY, "return self.asked.cut and (last", "return False and (last"),
    (
        "what hooks change stays behind",
        HOOKED,
        "takes_over_changes(hooks.pre_call_hook)",
        "hooks.pre_call_hook",
    ),
)

# Edits like those above of a check of the build, by the test in tests/fork that is there for it. No other test runs: what a check keeps off
# the disk of whoever builds would be written there by the mutant in some other test, under names that start at its root.
_BUILD_EDITS = {
    "test_refusals.py::test_a_wheel_with_another_hash": (
        ("a wheel of another hash is read", WHEEL, "if digest.hexdigest() != pinned:", "if False:"),
    ),
    "test_supply_chain.py::test_a_redirect_to_another_wheel_is_refused": (
        (
            "what a redirect led to is not held against its pin",
            INDEX,
            "return UpstreamWheel(wheel, release.name, release.wheels[wheel.name])",
            "return UpstreamWheel(wheel, release.name)",
        ),
    ),
    "test_supply_chain.py::test_a_pinned_wheel_whose_record_is_of_another_is_not_kept": (
        ("what was fetched is not held against RECORD", INDEX, "                fetched.require_recorded()\n", "                pass\n"),
    ),
    "test_commands.py::test_an_index_that_serves_another_file_is_refused": (
        ("what is being fetched lies in the cache", INDEX, "_download(release, Path(scratch))", "_download(release, folder)"),
    ),
    "test_commands.py::test_a_damaged_cache_is_fetched_anew": (
        ("the cache is believed", INDEX, "return _opened(release, cached)", "return UpstreamWheel(cached, release.name)"),
    ),
    "test_wheel.py::test_what_is_read_is_what_was_verified": (
        ("the hash of one file and the members of another", WHEEL, "zipfile.ZipFile(self._file)\n", "zipfile.ZipFile(path)\n"),
        (
            "a member is read from what lies there by now",
            WHEEL,
            "return self._zip.read(name)",
            "return zipfile.ZipFile(self.path).read(name)",
        ),
    ),
    "test_supply_chain.py::test_what_is_swapped_behind_the_check_is_not_read": (
        (
            "a member is copied from what lies there by now",
            WHEEL,
            "            self._file.seek(member.header_offset)\n",
            '            self._file = open(self.path, "rb")\n            self._file.seek(member.header_offset)\n',
        ),
    ),
    "test_refusals.py::test_a_wheel_of_another_release": (
        ("another release's wheel is built from", WHEEL, "if version not in (None, self.version):", "if False:"),
    ),
    "test_supply_chain.py::test_another_projects_wheel_is_refused": (
        ("another project's METADATA passes", WHEEL, "name[1].decode().strip() != self.distribution or ", ""),
        ("METADATA in another's folder passes", WHEEL, ' or folder != f"{self.distribution}-{version}.dist-info":', ":"),
        ("a second METADATA passes", WHEEL, "if len(infos) != 1:", "if not infos:"),
    ),
    "test_supply_chain.py::test_a_record_that_is_not_of_its_files_is_refused": (
        ("a file that is not in RECORD passes", MEMBERS, "sorted(files.keys() - listed.keys())", "()"),
        ("RECORD lists what is not there", MEMBERS, "sorted(listed.keys() - files.keys())", "()"),
        ("RECORD lists a file twice", MEMBERS, "in listed.items() if count > 1]", "in listed.items() if False]"),
        ("RECORD has another kind of hash", MEMBERS, "not (_is_digest(row[1:2]) and row[2:]", "not (row[2:]"),
        ("RECORD has another size", MEMBERS, " and row[2:] == [str(files[row[0]])]", ""),
        ("RECORD has another hash", MEMBERS, 'if digest != f"sha256={found}":', "if False:"),
    ),
    "test_supply_chain.py::test_a_name_that_leads_elsewhere_is_refused_unread": (
        ("a name climbs", MEMBERS, 'in ("", ".", "..")', 'in ("", ".")'),
        ("a name starts at the root", MEMBERS, 'in ("", ".", "..")', 'in (".", "..")'),
        ("a name climbs on Windows", MEMBERS, "_FORBIDDEN.search(member.orig_filename) or ", ""),
        ("a name ends at a NUL", MEMBERS, "_FORBIDDEN.search(member.orig_filename)", "_FORBIDDEN.search(member.filename)"),
        ("a file is the folder of another", MEMBERS, "sorted(files & folders)", "()"),
    ),
    "test_supply_chain.py::test_a_member_that_is_there_twice_is_refused": (
        ("a member is there twice", MEMBERS, "for name in twice]", "for name in ()]"),
    ),
    "test_supply_chain.py::test_a_member_that_is_no_file_is_refused": (
        ("a member is a link", MEMBERS, "if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):", "if False:"),
    ),
    "test_supply_chain.py::test_a_member_that_is_packed_as_none_of_a_wheel_is_refused": (
        ("a member is encrypted", MEMBERS, "member.flag_bits & 0x1 or ", ""),
        ("a member is packed in another way", MEMBERS, " or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)", ""),
        ("members lie over one another", MEMBERS, "if sum(member.compress_size for member in members) > size:", "if False:"),
    ),
    "test_supply_chain.py::test_a_bomb_is_refused_unpacked": (
        ("a member is a bomb", MEMBERS, "if member.file_size > _MOST_TIMES * max(member.compress_size, 1000):", "if False:"),
        ("all members together are a bomb", MEMBERS, "if sum(member.file_size for member in members) > _MOST_BYTES:", "if False:"),
    ),
    "test_commands.py::test_an_index_whose_address_is_a_path_writes_nothing": (
        (
            "a name that is not pinned is fetched",
            INDEX,
            "next((url for url in urls if _file_name(url) in release.wheels), None)",
            "urls[0]",
        ),
    ),
    "test_supply_chain.py::test_what_an_index_lists_amiss_is_not_pinned": (
        ("a name that is a path is pinned", INDEX, "if not _PLAIN_NAME.fullmatch(_file_name(url)) or not", "if not"),
        ("another project's wheel is pinned", INDEX, ' or not _file_name(url).startswith(f"{PACKAGE}-{release.name}-"):', ":"),
        ("a wheel without a hash is pinned", INDEX, "!= digest or not digest:", "!= digest:"),
        (
            "the first of two hashes is pinned",
            INDEX,
            "if wheels.setdefault(_file_name(url), digest) != digest or not digest:",
            "if not wheels.setdefault(_file_name(url), digest):",
        ),
    ),
    "test_supply_chain.py::test_nothing_of_a_source_archive_is_run": (
        ("a source archive is run to learn what it is", INDEX, '"--only-binary=:all:", ', ""),
    ),
    "test_supply_chain.py::test_a_body_without_an_end_is_given_up": (
        ("a body without an end is kept", INDEX, "if done > _LARGEST:", "if False:"),
    ),
    "test_supply_chain.py::test_a_server_that_answers_anything_leaves_nothing": (
        (
            "an answer that is none is not refused in words",
            INDEX,
            "except (urllib.error.URLError, http.client.HTTPException, ValueError) as error:",
            "except urllib.error.URLError as error:",
        ),
    ),
}


def _edited(name: str, path: str, old: str, new: str, text: str, tests: tuple[str, ...]) -> Mutant:
    count = text.count(old)
    data: bytes | str = text.replace(old, new).encode() if count == 1 else f"{old!r} stands {count} times in {path}, not once"
    return Mutant(name, path, data, tests)


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
            yield Mutant(f"{name} is upstream's", path, data, _suites(path))


def _suites(path: str) -> tuple[str, ...]:
    return PROXY_FIRST if path.startswith(_PROXY_ROOMS) else SDK_FIRST


def mutants(release: Release, upstream: UpstreamWheel, files: Mapping[str, bytes]) -> Iterator[Mutant]:
    """Every mutant of a release whose merged modules are `files`, and those of the build with the newest, as tests/fork runs."""
    for name, path, old, new in _EDITS:
        yield _edited(name, path, old, new, files.get(path, b"").decode(), _suites(path))
    yield from _given_back(release, upstream)
    if release.name == pinned()[0]:
        for test, edits in _BUILD_EDITS.items():
            for name, path, old, new in edits:
                yield _edited(name, path, old, new, (ROOT / path).read_text("utf-8"), (f"tests/fork/{test}",))


def _copy_checkout(target: Path) -> None:
    """Copy what git knows of the checkout, or would add, as it stands now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    shutil.rmtree(target, ignore_errors=True)
    for name in listed.stdout.split("\0"):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _merged(place: Path) -> Path:
    return place / "merged"


def _checkout(place: Path) -> Path:
    return place / "checkout"


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


def _first_failure(place: Path, tests: Iterable[str], *options: str) -> str | None:
    """Run tests of a place up to the first failure and return its name; None if all pass. Raises RuntimeError if they could not be run."""
    environment = {**os.environ, "PYTHONPATH": f"{_merged(place)}{os.pathsep}{_checkout(place)}"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", "-rfE", *options, *tests]
    done = subprocess.run(command, cwd=_checkout(place), env=environment, capture_output=True, text=True)
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
    places = [ROOT / "build" / f"mutants-{release.name}" / number for number in ("1", "2")]
    with open_wheel(release, options.wheel) as upstream:
        patch = merge_release(release, upstream)
        chosen = [mutant for mutant in mutants(release, upstream, patch.files) if options.only in f"{mutant.name} {mutant.path}"]
        if options.list:
            print(*(f"{mutant.path}: {mutant.name}" for mutant in chosen), sep="\n")
            return 0
        if not chosen:
            parser.error(f"no mutant's name or path has {options.only!r}")
        for place in places:
            write_tree(patch, upstream, _merged(place))
            _copy_checkout(_checkout(place))
    print("the fork itself ...", flush=True)
    failure = _first_failure(places[0], dict.fromkeys(test for mutant in chosen for test in mutant.tests), "-n", "2")
    if failure is not None:
        print(f"red without any mutant: {failure}")
        return 1
    survivors = _survivors(chosen, places)
    print(f"{len(chosen)} mutants, {len(survivors)} not killed" + "".join(f"\n  {mutant.path}: {mutant.name}" for mutant in survivors))
    return 1 if survivors else 0


def _survivors(chosen: Sequence[Mutant], places: Sequence[Path]) -> list[Mutant]:
    """Try the mutants, one a place at a time, and tell of each as it is done."""
    killers: dict[str, str] = json.loads(KILLERS.read_bytes()) if KILLERS.exists() else {}
    free: SimpleQueue[Path] = SimpleQueue()
    for place in places:
        free.put(place)

    def killed(mutant: Mutant) -> bool:
        place = free.get()
        try:
            return _killed(mutant, place, killers)
        finally:
            free.put(place)

    with ThreadPoolExecutor(len(places)) as pool:
        return [mutant for mutant, dead in zip(chosen, pool.map(killed, chosen), strict=True) if not dead]


def _killed(mutant: Mutant, place: Path, killers: dict[str, str]) -> bool:
    started = time.monotonic()
    if isinstance(mutant.data, str):
        failure, verdict = None, f"DOES NOT APPLY: {mutant.data}"
    else:
        tree = _checkout(place) if mutant.path.startswith("fork/") else _merged(place)
        last = killers.get(mutant.name, "")
        with _replaced(tree / mutant.path, mutant.data):
            failure = (_first_failure(place, (last,)) if _is_there(last, place) else None) or _first_failure(place, mutant.tests)
        verdict = "SURVIVED" if failure is None else f"killed by {failure}"
        if failure is not None and "::" in failure:
            killers[mutant.name] = failure.partition("[")[0]
            write_atomically(KILLERS, (json.dumps(dict(killers), indent=1, sort_keys=True) + "\n").encode())
    print(f"{time.monotonic() - started:5.0f} s  {mutant.path}: {mutant.name}\n         {verdict}", flush=True)
    return failure is not None


def _is_there(test: str, place: Path) -> bool:
    file, _, name = test.partition("::")
    path = _checkout(place) / file
    return path.is_file() and name in path.read_text()


if __name__ == "__main__":
    sys.exit(main())
