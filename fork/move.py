"""Move to another release: what upstream changed under the overlay, and, once that is settled, a build, its tests and the pins."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from .backend import build
from .diff import text_diff
from .errors import ForkError
from .merge import definition_text, definitions
from .patch import Drift, Patch, Rank, digest, drift, survey
from .release import MODULE, Release, nearest, new_release, pinned
from .source import Source
from .upstream import indexed_wheels, open_wheel
from .wheel import UpstreamWheel

State = Literal[
    "unchanged", "dropped", "new claim", "body changed", "signature changed", "taken", "another kind", "twice", "renamed", "moved", "gone"
]
STATES: tuple[State, ...] = get_args(State)
_STATES: Mapping[Rank, State] = {
    "gone": "gone",
    "twice": "twice",
    "kind": "another kind",
    "taken": "taken",
    "signature": "signature changed",
    "body only": "body changed",
    "unpinned": "new claim",
    "unclaimed": "dropped",
}
_CLEAN: Collection[State] = ("unchanged", "dropped")
# What a person can look at and find right. The others have no place in the release: there the overlay has to change.
_SETTLEABLE: Collection[State] = ("body changed", "signature changed", "new claim")


@dataclass(frozen=True)
class Finding:
    """What became of one definition that the overlay claims, or claimed.

    moved: where upstream has it now, as path and name. text: upstream's text of it now, wherever it is; None if it has none.
    """

    path: str
    name: str
    state: State
    moved: tuple[tuple[str, str], ...] = ()
    text: str | None = None

    @property
    def key(self) -> str:
        """What `--settled` takes: `FILE:NAME`, of a whole module the file alone."""
        return self.path if self.name == MODULE else f"{self.path}:{self.name}"

    def __str__(self) -> str:
        places = " and ".join(f"{path}:{name}" for path, name in self.moved)
        return f"{self.state:<18} {self.key}" + (f" -> {places}" if places else "")


def unpinned_release(name: str, root: Path) -> Release:
    """A release with the wheels that the user's index has of it, and no definition pinned. Raises ForkError for one that has pins."""
    if name in pinned(root):
        raise ForkError(
            f"Release {name} is pinned already.",
            "Its pins say what somebody has looked at.",
            f"Look at them with `python -m fork check --release {name}`; after an edit, `python -m fork pin --release {name}`.",
        )
    release = new_release(name, root)
    return replace(release, wheels=indexed_wheels(release))


def move(name: str, root: Path, against: Release | None, settled: Collection[str]) -> Release:
    """Compare, print what was found, and if it is clean or settled, build, test and pin. Raises ForkError otherwise, and pins nothing."""
    before = against or nearest(name, root)
    release = unpinned_release(name, root)
    with open_wheel(release) as wheel:
        patch = survey(replace(release, definitions=before.definitions if before else {}), wheel)
        findings = compare(patch, wheel)
    counts = Counter(finding.state for finding in findings)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    print(f"{name}, by the pins of {before.name if before else 'no release'}: {told}")
    print("".join(f"  {finding}\n" for finding in findings), end="", flush=True)
    if before:
        for line in _differences([finding for finding in findings if finding.state not in _CLEAN], before, name):
            print(line)
    require_settled(findings, settled, name)
    release = replace(release, definitions=patch.pins())
    _test(release)
    release.save()
    return release


def compare(patch: Patch, wheel: UpstreamWheel) -> list[Finding]:
    """What became of each definition, the worst last. The patch's release has the pins to compare with."""
    drifted = drift(patch)
    new = _places(wheel, patch, [item for item in drifted if item.rank == "gone"])
    found = [_finding(item, new.get((item.path, item.name), {})) for item in drifted]
    told = {(item.path, item.name) for item in drifted}
    claims = ((path, touch.name) for path, touches in patch.touches.items() for touch in touches)
    same = [
        Finding(path, name, "unchanged") for path, name in [*claims, *((path, MODULE) for path in patch.new)] if (path, name) not in told
    ]
    return sorted([*same, *found], key=lambda finding: (STATES.index(finding.state), finding.path, finding.name))


def require_settled(findings: Sequence[Finding], settled: Collection[str], name: str) -> None:
    """Raises ForkError for what is neither clean nor settled, and for what is settled without need."""
    needless = sorted(set(settled) - {finding.key for finding in findings if finding.state in _SETTLEABLE})
    if needless:
        raise ForkError(
            f"{', '.join(needless)} cannot be settled.",
            "That takes a definition, as listed, whose body or signature changed, or which is newly claimed.",
            "Correct --settled.",
        )
    left = [finding for finding in findings if finding.state not in _CLEAN and finding.key not in settled]
    if not left:
        return
    keys = " ".join(finding.key for finding in left if finding.state in _SETTLEABLE)
    remedies = [f"look at each, and say `--settled {keys}`" * bool(keys)]
    if any(finding.state not in _SETTLEABLE for finding in left):
        remedies.append(
            "correct the overlay of what has no place there (a file of `litellm/` that older releases need as it is, copy into "
            f"backports/before-{name}/litellm/ first)"
        )
    raise ForkError(
        f"Release {name} is not settled, and nothing was changed.",
        "\n       ".join(map(str, left)),
        f"Run the same command again once this is done: {'; '.join(filter(None, remedies))}.",
    )


def _finding(item: Drift, places: Mapping[tuple[str, str], str]) -> Finding:
    if places:
        state: State = "renamed" if all(path == item.path for path, _ in places) else "moved"
        return Finding(item.path, item.name, state, tuple(places), next(iter(places.values())))
    return Finding(item.path, item.name, _STATES[item.rank], text=item.text)


def _places(wheel: UpstreamWheel, patch: Patch, gone: Sequence[Drift]) -> dict[tuple[str, str], dict[tuple[str, str], str]]:
    """Where the release has what is gone from its place, with the text there: by its name in another module, or by its body in the same."""
    wanted = {item.name for item in gone if item.name != MODULE}
    by_name = dict(_named(wheel, wanted)) if wanted else {}
    found: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for item in gone:
        found[item.path, item.name] = {
            **dict(_of_body(wheel, item.path, patch.release.definitions.get(item.path, {}).get(item.name, ""))),
            **{(path, item.name): text for path, text in by_name.get(item.name, {}).items() if path != item.path},
        }
    return found


def _named(wheel: UpstreamWheel, names: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Of each qualified name the modules of the release that define it once, with its text."""
    words = "|".join(re.escape(name.split(".")[-1]) for name in names)
    defines = re.compile(rf"^[ \t]*(?:(?:async[ \t]+)?def|class)?[ \t]*(?:{words})\b[ \t]*[(:=]".encode(), re.MULTILINE)
    found: dict[str, dict[str, str]] = {}
    for path in sorted(wheel.names):
        if not path.endswith(".py") or not defines.search(data := wheel.read(path)):
            continue
        try:
            source = Source(path, data)
        except ForkError:
            continue  # no Python of this interpreter's: it is not there that anybody moved it
        for name in names:
            text = definition_text(source, name)
            if text:
                found.setdefault(name, {})[path] = text
    yield from found.items()


def _of_body(wheel: UpstreamWheel, path: str, pin: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The one definition of a module that has the body of a pin, under whatever name; nothing if there are several, or none."""
    _, colon, body = pin.partition(":")
    if not colon or path not in wheel.names:
        return
    source = Source(path, wheel.read(path))
    same = [(name, parts) for name, parts in definitions(source) if len(parts) > 1 and digest(parts[1]) == body]
    if len(same) == 1:
        yield (path, same[0][0]), "".join(same[0][1])


def _differences(findings: Sequence[Finding], before: Release, name: str) -> Iterator[str]:
    """Upstream's two texts of each of these, as a diff."""
    if not findings:
        return
    with open_wheel(before) as wheel:
        for finding in findings:
            old = definition_text(Source(finding.path, wheel.read(finding.path)), finding.name) if finding.path in wheel.names else ""
            now = finding.moved[0] if finding.moved else (finding.path, finding.name)
            yield from text_diff(old, finding.text or "", f"{before.name}: {finding.key}", f"{name}: {':'.join(now)}")


def _test(release: Release) -> None:
    """Build the release, and have the suites run on it in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(release, None, Path(folder))
        command = ["make", "--no-print-directory", "test-unit", f"RELEASE={release.name}", f"WHEEL={wheel}"]
        print(f"Built {wheel.name}. Running {' '.join(command)}", flush=True)
        try:
            code = subprocess.run(command, cwd=release.root).returncode
        except OSError as error:
            raise ForkError("The suites were not run.", f"make: {error.strerror or error}.", "Install make, and try again.") from error
    if code:
        raise ForkError(
            f"The suites do not pass on {release.name}, and nothing was pinned.",
            f"make ended with status {code}; what it wrote stands above.",
            "Correct the overlay, and run the same command again.",
        )
