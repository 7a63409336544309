"""The fork's wheel: what differs from upstream's, to the byte, and that an installer can rely on it."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from fork.errors import ForkError
from fork.release import load_release
from fork.upstream import open_wheel
from fork.wheel import UpstreamWheel, write_wheel

from . import checkouts
from .checkouts import METADATA, MODULES, SAID, WHY, Checkout

OURS = b"import os\n\n\ndef greet():\n    return 'goodbye'\n\n\ndef other():\n    return os.name\n"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(wheel: Path, name: str) -> bytes:
    """A member as it lies in the archive, found by the offsets of the zip format and not by the tool."""
    with zipfile.ZipFile(wheel) as archive:
        info = archive.getinfo(name)
    data = wheel.read_bytes()
    name_size, extra_size = struct.unpack_from("<2H", data, info.header_offset + 26)
    start = info.header_offset + 30 + name_size + extra_size
    return data[start : start + info.compress_size]


def test_only_our_definitions_version_and_record_differ(checkout: Checkout) -> None:
    """Every other file is upstream's to the byte; METADATA differs in the Version line alone; folders carry the new version."""
    checkout.fork("build")
    wheel = checkout.built()
    assert wheel.name == "litellm-1.0+test.1-py3-none-any.whl"
    before = {name.replace("-1.0.", "-1.0+test.1."): data for name, data in contents(checkout.wheel).items()}
    after = contents(wheel)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    info = "litellm-1.0+test.1.dist-info"
    assert changed == {"litellm/a.py", f"{info}/METADATA", f"{info}/RECORD"}
    assert after["litellm/a.py"] == OURS
    assert after[f"{info}/METADATA"] == METADATA.format(version="1.0+test.1").encode()


def test_unchanged_members_are_copied_as_they_lie(checkout: Checkout) -> None:
    """Compressed bytes, date and mode of an unchanged member are upstream's."""
    checkout.fork("build")
    for name in ("litellm/data.bin", "litellm/windows.py"):
        assert packed(checkout.built(), name) == packed(checkout.wheel, name)
    with zipfile.ZipFile(checkout.built()) as archive:
        script = archive.getinfo("litellm-1.0+test.1.data/scripts/hello")
    assert (script.date_time, script.external_attr >> 16) == ((2024, 5, 6, 7, 8, 10), 0o100755)


def test_record_is_right(checkout: Checkout) -> None:
    """RECORD, read on its own, lists every file once with its right hash and size, and itself without."""
    checkout.fork("build")
    files = contents(checkout.built())
    record = "litellm-1.0+test.1.dist-info/RECORD"
    rows = list(csv.reader(io.StringIO(files[record].decode())))
    assert sorted(rows) == sorted(
        [name, "" if name == record else checkouts.record_hash(data), "" if name == record else str(len(data))]
        for name, data in files.items()
    )


def test_the_same_inputs_give_the_same_bytes(checkout: Checkout) -> None:
    """Neither the time nor the folder nor the environment shows in the wheel or the source archive."""
    checkout.fork("build", "one")
    os.utime(checkout.root / "litellm" / "a.py", (1, 1))
    checkout.fork("build", "two", env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"})
    assert checkout.built("one").read_bytes() == checkout.built("two").read_bytes()
    for folder in ("three", "four"):
        (checkout.root / folder).mkdir()
        checkout.backend(f"build_sdist({folder!r})")
    archives = [next((checkout.root / folder).iterdir()).read_bytes() for folder in ("three", "four")]
    assert archives[0] == archives[1]


def test_a_new_module_is_copied_byte_for_byte_behind_its_docstring(checkout: Checkout) -> None:
    """What the line declares as new comes into the wheel and RECORD as it is, but for the docstring's fields."""
    text = "\x0c\nX = 'ä'\n"
    checkout.write("litellm/new.py", WHY + text)
    checkout.fork("pin")
    checkout.fork("build")
    files = contents(checkout.built())
    assert files["litellm/new.py"] == (SAID + text).encode()
    assert b"litellm/new.py,sha256=" in files["litellm-1.0+test.1.dist-info/RECORD"]


def test_the_source_archive_builds_the_same_wheel(checkout: Checkout, tmp_path: Path) -> None:
    """Unpacked elsewhere, without git, the archive builds the wheel the checkout builds, and of the release it was made for."""
    old = checkouts.write_wheel(tmp_path / "old", version="0.9")
    checkout.add_release(old)
    checkout.write("backports/before-1.0/litellm/a.py", f"{WHY}\n\ndef other():\n    return 'old'\n")
    checkout.fork("pin", "--release", "0.9", "--from", str(old), given=False)
    for release, wheel in (("1.0", checkout.wheel), ("0.9", old)):
        settings = {"upstream": release, "upstream-wheel": str(wheel)}
        (checkout.root / release).mkdir()
        checkout.backend(f"build_wheel({release!r}, {settings!r})")
        (checkout.root / f"{release}s").mkdir()
        name = checkout.backend(f"build_sdist({f'{release}s'!r}, {settings!r})").strip()
        with tarfile.open(checkout.root / f"{release}s" / name) as archive:
            archive.extractall(tmp_path / "unpacked")
        unpacked = Checkout.__new__(Checkout)
        unpacked.root, unpacked.cache = tmp_path / "unpacked" / name.removesuffix(".tar.gz"), checkout.cache
        (unpacked.root / "dist").mkdir()
        unpacked.backend(f"build_wheel('dist', {{'upstream-wheel': {str(wheel)!r}}})")
        assert unpacked.built().read_bytes() == checkout.built(release).read_bytes()
        assert unpacked.backend("release_of_sdist(backend.ROOT)").strip() == release


def test_metadata_is_that_of_the_wheel(checkout: Checkout, tmp_path: Path) -> None:
    """A front end that asks for metadata alone gets what the wheel has."""
    checkout.fork("build")
    info = checkout.backend(f"prepare_metadata_for_build_wheel({str(tmp_path)!r}, {{'upstream-wheel': {str(checkout.wheel)!r}}})").strip()
    assert info == "litellm-1.0+test.1.dist-info"
    files = contents(checkout.built())
    for file in (tmp_path / info).iterdir():
        assert file.read_bytes() == files[f"{info}/{file.name}"]
    assert {file.name for file in (tmp_path / info).iterdir()} == {"METADATA", "WHEEL", "entry_points.txt"}


def test_an_editable_wheel_points_to_a_tree_that_follows_the_overlay(checkout: Checkout) -> None:
    """The `.pth` names the merged tree; after an edit `tree` rewrites the touched file and leaves the dates of all others."""
    (checkout.root / "dist").mkdir()
    checkout.backend(f"build_editable('dist', {{'upstream-wheel': {str(checkout.wheel)!r}}})")
    tree = checkout.root / "build" / "1.0"
    assert contents(checkout.built())["__editable__.litellm.pth"].decode().strip() == str(tree)
    assert (tree / "litellm" / "a.py").read_bytes() == OURS
    for file in tree.rglob("*"):
        os.utime(file, (1, 1))
    checkout.write("litellm/a.py", f"{WHY}\n\ndef greet():\n    return 'later'\n")
    checkout.fork("tree")
    assert {file.name for file in tree.rglob("*") if file.is_file() and file.stat().st_mtime != 1} == {"a.py"}
    assert (tree / "litellm" / "a.py").read_bytes() == OURS.replace(b"goodbye", b"later")


def test_a_tree_loses_what_is_gone_and_nothing_else(checkout: Checkout) -> None:
    """A file that an earlier run wrote goes; one that somebody else put there stays; a folder of somebody else is refused."""
    checkout.write("litellm/new.py", f"{WHY}X = 1\n")
    checkout.fork("pin")
    checkout.fork("tree")
    tree = checkout.root / "build" / "1.0"
    mine = checkout.write("build/1.0/mine.txt", "mine")
    (checkout.root / "litellm" / "new.py").unlink()
    checkout.fork("pin")
    checkout.fork("tree")
    assert not (tree / "litellm" / "new.py").exists()
    assert mine.read_text() == "mine"
    text = checkout.fork("tree", "litellm", code=1)
    assert "litellm is in the way" in text
    assert sorted(file.name for file in (checkout.root / "litellm").iterdir()) == ["a.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let go of a file that is open")
def test_what_is_read_is_what_was_verified(checkout: Checkout) -> None:
    """The wheel is opened once: one that is put in its place behind the check is not read."""
    path = checkout.wheel
    opened: list[str] = []
    sys.addaudithook(lambda event, arguments: opened.append(event) if event == "open" and str(arguments[0]) == str(path) else None)
    with open_wheel(load_release(None, checkout.root), path) as wheel:
        os.replace(checkouts.write_wheel(checkout.root, {"litellm/a.py": b"evil = 1\n"}), path)
        assert wheel.read("litellm/a.py") == MODULES["litellm/a.py"]
        out = io.BytesIO()
        write_wheel(out, wheel, "1.0+test.1", {})
    with zipfile.ZipFile(out) as archive:
        assert archive.read("litellm/a.py") == MODULES["litellm/a.py"]
    assert opened == ["open"]


def test_a_wheel_that_needs_zip64_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the archive cannot hold is said, not written wrong."""
    monkeypatch.setattr("fork.wheel._LIMIT", 5000)
    with UpstreamWheel(checkouts.write_wheel(tmp_path)) as upstream, pytest.raises(ForkError, match="too large"):
        write_wheel(io.BytesIO(), upstream, "1.0+test.1", {})


def test_names_beyond_ascii_survive(tmp_path: Path) -> None:
    """A member whose name is not ASCII keeps it."""
    path = checkouts.write_wheel(tmp_path, {**MODULES, "litellm/ä.txt": b"x"})
    out = io.BytesIO()
    with UpstreamWheel(path) as upstream:
        write_wheel(out, upstream, "1.0+test.1", {})
    with zipfile.ZipFile(out) as archive:
        assert archive.read("litellm/ä.txt") == b"x"
        assert hashlib.sha256(archive.read("litellm/data.bin")).digest() == hashlib.sha256(MODULES["litellm/data.bin"]).digest()
