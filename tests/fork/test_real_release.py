"""The tool on the release that is pinned, whatever the overlay holds today. The wheel comes from the cache or the index."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from fork.bindings import Binding, bindings
from fork.patch import drift, merge_release
from fork.release import ROOT, load_release
from fork.source import Source
from fork.upstream import open_wheel
from fork.wheel import UpstreamWheel, fork_name, write_wheel
from tests import mutants

from .checkouts import apply_diff, record_hash

RELEASE = load_release(None)


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The pinned wheel of this platform."""
    with open_wheel(RELEASE) as wheel:
        return wheel.path


@pytest.fixture(scope="session")
def fork_wheel(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fork's wheel, built from the overlay as it is."""
    target = tmp_path_factory.mktemp("dist") / fork_name(upstream.name, RELEASE.name, RELEASE.version)
    with UpstreamWheel(upstream, RELEASE.name) as wheel, open(target, "wb") as file:
        write_wheel(file, wheel, RELEASE.version, merge_release(RELEASE, wheel).files)
    return target


def test_every_pin_holds(upstream: Path) -> None:
    """Overlay, pins and release agree."""
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        assert [(item.path, item.name, item.why) for item in drift(merge_release(RELEASE, wheel))] == []


def test_every_mutant_can_be_tried(upstream: Path) -> None:
    """What `make mutants` breaks stands in the fork exactly once, and the tests that are to notice are there."""
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        made = list(mutants.mutants(RELEASE, wheel, merge_release(RELEASE, wheel).files))
    assert [mutant.data for mutant in made if isinstance(mutant.data, str)] == []
    files = {test: ROOT / test.partition("::")[0] for mutant in made for test in mutant.tests}
    assert [test for test, file in files.items() if not file.exists()] == []
    assert [test for test, file in files.items() if "::" in test and f"def {test.partition('::')[2]}(" not in file.read_text("utf-8")] == []
    assert {mutant.path for mutant in made} >= {mutants.POLICY, mutants.MEMBERS, mutants.INDEX, mutants.WHEEL}


def test_every_file_but_the_touched_is_upstreams(upstream: Path, fork_wheel: Path) -> None:
    """Name by name, the wheel differs from upstream's in the touched and new modules, METADATA and RECORD only."""
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        ours = set(merge_release(RELEASE, wheel).files)
    info = f"litellm-{RELEASE.version}.dist-info"
    with zipfile.ZipFile(upstream) as theirs, zipfile.ZipFile(fork_wheel) as fork:
        before = {name.replace(f"-{RELEASE.name}.", f"-{RELEASE.version}."): theirs.getinfo(name).CRC for name in theirs.namelist()}
        after = {member.filename: member.CRC for member in fork.infolist()}
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == ours | {f"{info}/METADATA", f"{info}/RECORD"}


def test_an_independent_reader_finds_record_right(fork_wheel: Path, tmp_path: Path) -> None:
    """The standard library's reader of installed distributions finds each file of the unpacked wheel with the hash RECORD has."""
    with zipfile.ZipFile(fork_wheel) as archive:
        archive.extractall(tmp_path)
    (distribution,) = importlib.metadata.distributions(path=[str(tmp_path)])
    assert distribution.version == RELEASE.version
    files = distribution.files or []
    assert {str(file) for file in files} == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    for file in files:
        if file.hash is not None:
            data = Path(str(file.locate())).read_bytes()
            assert record_hash(data).removeprefix("sha256=") == file.hash.value, file
            assert len(data) == file.size
    assert [file.name for file in files if file.hash is None] == ["RECORD"]


def test_the_wheel_is_the_same_each_time(upstream: Path, fork_wheel: Path) -> None:
    """A second build has the same bytes."""
    again = io.BytesIO()
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        write_wheel(again, wheel, RELEASE.version, merge_release(RELEASE, wheel).files)
    assert hashlib.sha256(again.getvalue()).digest() == hashlib.sha256(fork_wheel.read_bytes()).digest()


def test_a_release_with_crlf_gives_the_same_pins_and_the_same_text(upstream: Path, tmp_path: Path) -> None:
    """The Windows wheel is CRLF throughout: the same pins hold there, and what is merged differs in its newlines alone."""
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        patch = merge_release(RELEASE, wheel)
        windows = tmp_path / upstream.name
        files = {
            name: wheel.read(name).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            for name in [*patch.touches, f"{wheel.dist_info}/METADATA"]
        }
        record = "".join(f"{name},{record_hash(data)},{len(data)}\n" for name, data in files.items()) + f"{wheel.dist_info}/RECORD,,\n"
        with zipfile.ZipFile(windows, "w") as archive:
            for name, data in {**files, f"{wheel.dist_info}/RECORD": record.encode()}.items():
                archive.writestr(name, data)
    with UpstreamWheel(windows, RELEASE.name) as wheel:
        crlf = merge_release(RELEASE, wheel)
    assert crlf.pins() == patch.pins()
    for path in patch.touches:
        assert crlf.files[path].replace(b"\r\n", b"\n") == patch.files[path].replace(b"\r\n", b"\n")
        assert crlf.files[path].count(b"\r\n") == crlf.files[path].count(b"\n")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not on the path")
def test_git_applies_the_diff_to_the_release(upstream: Path, tmp_path: Path) -> None:
    """`python -m fork diff | git apply` turns the unpacked release into the fork, byte for byte."""
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        patch = merge_release(RELEASE, wheel)
    assert apply_diff(ROOT, upstream, tmp_path / "unpacked", [*patch.touches]) == patch.files


def test_upstreams_import_sorter_finds_nothing_to_move(upstream: Path, tmp_path: Path) -> None:
    """Each touched module whose imports upstream had in order still has them in order."""
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        patch = merge_release(RELEASE, wheel)
        for path in patch.touches:
            for folder, data in (("theirs", wheel.read(path)), ("ours", patch.files[path])):
                (tmp_path / folder / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / path).write_bytes(data)
    settings = ["--isolated", "--select", "I001", "--output-format", "concise", "--config", 'lint.isort.known-first-party = ["litellm"]']
    command = [sys.executable, "-m", "ruff", "check", *settings, "."]
    found = [
        subprocess.run(command, cwd=tmp_path / folder, capture_output=True, text=True).stdout.splitlines() for folder in ("theirs", "ours")
    ]
    theirs, ours = ({line.split(":")[0] for line in lines if ": I001 " in line} for lines in found)
    assert all("All checks passed!" in lines or any("Found" in line for line in lines) for lines in found)
    assert ours - theirs == set()


def test_parsing_in_part_finds_what_parsing_whole_finds(upstream: Path) -> None:
    """In every module of the release, the first and last names it binds are found at the same places when the rest is left out."""
    compared = 0
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        for name in sorted(name for name in wheel.names if name.endswith(".py"))[::7]:
            raw = wheel.read(name)
            whole = bindings(Source(name, raw).tree.body)
            words = [*whole][:1] + [*whole][-1:]
            part = bindings(Source(name, raw, words).tree.body)
            for word in words:
                assert [places(item) for item in part[word]] == [places(item) for item in whole[word]], (name, word)
            compared += len(words)
    assert compared > 500


def places(binding: Binding) -> tuple[str, int, int, int | None]:
    return binding.kind, binding.node.lineno, binding.node.col_offset, binding.node.end_lineno


@pytest.mark.install
def test_pip_installs_the_checkout(upstream: Path, tmp_path: Path) -> None:
    """`pip install .` in a clean environment gives the fork's version with upstream's entry points, and pip finds the files whole."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = next(path for path in (tmp_path / "venv" / "bin" / "python", tmp_path / "venv" / "Scripts" / "python.exe") if path.exists())
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--config-settings", f"upstream-wheel={upstream}", str(ROOT)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    code = "import importlib.metadata as m; d = m.distribution('litellm'); print(d.version); print(sorted(e.name for e in d.entry_points))"
    shown = subprocess.run([str(python), "-c", code], env=environment, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    with UpstreamWheel(upstream, RELEASE.name) as wheel:
        names = [row.split("=")[0].strip() for row in wheel.read(f"{wheel.dist_info}/entry_points.txt").decode().splitlines() if "=" in row]
    assert shown.splitlines() == [RELEASE.version, str(sorted(names))]
