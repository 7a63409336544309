"""Whatever a wheel or an index is turned into, the build takes the pinned bytes or nothing, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import http.server
import io
import stat
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fork import members, upstream
from fork.errors import ForkError
from fork.patch import merge_release
from fork.release import Release, load_release
from fork.tree import write_tree
from fork.upstream import indexed_wheels, open_wheel
from fork.wheel import UpstreamWheel, write_wheel

from . import checkouts
from .checkouts import METADATA, MODULES, UV, WHEEL_NAME, Checkout, record_hash

_INFO = "litellm-1.0.dist-info"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose release is pinned, and merges."""
    checkout = Checkout(tmp_path_factory.mktemp("chain") / "checkout")
    checkout.write("litellm/a.py", f"{checkouts.WHY}\n\ndef greet():\n    return 'goodbye'\n")
    checkout.fork("pin")
    return checkout


@pytest.fixture(scope="module")
def release(made: Checkout) -> Release:
    return load_release(None, made.root)


def _bytes_changed(data: bytes, draw: Callable[[Any], Any]) -> bytes:
    """Other bytes than these: some changed, cut off, put in, or put behind."""
    kind, at = draw(st.sampled_from(["change", "cut", "insert", "append", "zero"])), draw(st.integers(0, len(data) - 1))
    more = draw(st.binary(min_size=1, max_size=8))
    changed = {
        "change": data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :],
        "cut": data[:at],
        "insert": data[:at] + more + data[at:],
        "append": data + more,
        "zero": data[:at] + bytes(min(64, len(data) - at)) + data[at + 64 :],
    }[kind]
    return changed if changed != data else data + more


@given(data=st.data())
def test_a_wheel_of_other_bytes_is_refused_unread(made: Checkout, release: Release, tmp_path: Path, data: st.DataObject) -> None:
    """One bit, one byte more or less, anywhere: it is not what was pinned, and that is said before an archive is looked for in it."""
    path = tmp_path / WHEEL_NAME
    path.write_bytes(_bytes_changed(made.wheel.read_bytes(), data.draw))
    with pytest.raises(ForkError, match="is not the wheel that is pinned"):
        open_wheel(release, path)


@given(data=st.data())
def test_a_broken_wheel_is_refused_in_words_even_if_it_is_pinned(
    made: Checkout, release: Release, tmp_path: Path, data: st.DataObject
) -> None:
    """Of a wheel that was pinned as it was served, broken anywhere, all that is read is what RECORD has the hash of, or refused."""
    path = tmp_path / WHEEL_NAME
    path.write_bytes(_bytes_changed(made.wheel.read_bytes(), data.draw))
    try:
        with open_wheel(_pinning(release, path), path) as wheel:
            wheel.require_recorded()
            out = io.BytesIO()
            write_wheel(out, wheel, release.version, {})
            content = {name: wheel.read(name) for name in wheel.names}
            hashes = {name: value for name, (value, _) in wheel.hashes().items() if value}
    except ForkError as error:
        assert str(path) in str(error) and "remedy: " in str(error)
        return
    assert {name: record_hash(content[name]) for name in hashes} == hashes
    assert content.keys() - hashes.keys() == {f"{_INFO}/RECORD"}


def _pinning(release: Release, *wheels: Path) -> Release:
    return replace(release, wheels={wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels})


Member = tuple[str, bytes, int]
_MODE = (stat.S_IFREG | 0o644) << 16


def _write(
    path: Path, added: list[Member], files: Mapping[str, bytes] | None = None, record: str | None = None, name: str = "litellm"
) -> Path:
    """A wheel with members of any name and kind beside its own, all of them in RECORD unless another one is given."""
    own = (
        files
        if files is not None
        else {**MODULES, f"{_INFO}/METADATA": METADATA.replace("Name: litellm", f"Name: {name}").format(version="1.0").encode()}
    )
    entries: list[Member] = [*((name, data, _MODE) for name, data in own.items()), *added]
    text = "".join(f'"{name}",{record_hash(data)},{len(data)}\n' for name, data, _ in entries) + f"{_INFO}/RECORD,,\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in [*entries, (f"{_INFO}/RECORD", (record if record is not None else text).encode(), _MODE)]:
            member = zipfile.ZipInfo("x", (2024, 5, 6, 7, 8, 10))
            member.filename = member.orig_filename = name
            member.external_attr, member.compress_type = mode, zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return path


_PARTS = st.sampled_from(["..", ".", "", "litellm", "a.py", "evil.py", "C:", "C:\\x", "..\\x", "nul\x00.py", "new\nline", "\x7f"])
_AWAY = st.lists(_PARTS, min_size=1, max_size=5).map("/".join).filter(lambda name: name.strip("/") and not name.endswith("/"))


def _is_within(name: str) -> bool:
    parts = name.split("/")
    return not any(part in ("", ".", "..") for part in parts) and name.isprintable() and "\\" not in name and ":" not in name


@given(name=_AWAY)
@example(name="../../evil.py")
@example(name="/evil.py")
@example(name="litellm/../../evil.py")
@example(name="litellm/a.py")
def test_a_member_leads_nowhere_but_into_the_wheels_own_folder(
    release: Release, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Pinned or not, a wheel with a name that climbs, starts at the root, hides a mark or stands twice is refused; no file is written."""
    folder = tmp_path_factory.mktemp("away")
    path = _write(folder / WHEEL_NAME, [(name, b"evil = 1\n", _MODE)])
    before = sorted(folder.parent.rglob("evil*"))
    clashes = any(name == other or name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in MODULES)
    expected = _is_within(name) and not clashes
    try:
        with open_wheel(_pinning(release, path), path) as wheel:
            write_tree(merge_release(release, wheel), wheel, folder / "one" / "two" / "tree")
    except ForkError as error:
        assert not expected, str(error)
        assert "is not a wheel to build from" in str(error) or "cannot be read" in str(error)
    else:
        assert expected
    outside = [file for file in folder.parent.rglob("evil*") if (folder / "one" / "two" / "tree") not in file.parents]
    assert sorted(outside) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.py", "is no path within a wheel"),
        ("litellm/../../evil.py", "is no path within a wheel"),
        ("/evil.py", "is no path within a wheel"),
        ("litellm//evil.py", "is no path within a wheel"),
        ("litellm/./evil.py", "is no path within a wheel"),
        ("..\\evil.py", "is no path within a wheel"),
        ("C:evil.py", "is no path within a wheel"),
        ("evil.py\x00.txt", "is no path within a wheel"),
        ("evil\n.py", "is no path within a wheel"),
        ("litellm/a.py/evil.py", "is a file, and the folder of another"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_unread(release: Release, tmp_path: Path, name: str, words: str) -> None:
    """It is refused by the directory of the archive, as the wheel is opened: nobody has to be trusted to write members with care."""
    path = _write(tmp_path / WHEEL_NAME, [(name, b"evil = 1\n", _MODE)])
    with pytest.raises(ForkError, match=words):
        open_wheel(_pinning(release, path), path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(release: Release, tmp_path: Path) -> None:
    """RECORD can list it once and be right of one of the two, and an installer takes the other."""
    evil = b"evil = 1\n"
    files = {**MODULES, f"{_INFO}/METADATA": METADATA.format(version="1.0").encode()}
    record = "".join(f"{name},{record_hash(data)},{len(data)}\n" for name, data in {**files, "litellm/a.py": evil}.items())
    path = _write(tmp_path / WHEEL_NAME, [("litellm/a.py", evil, _MODE)], files, f"{record}{_INFO}/RECORD,,\n")
    with pytest.raises(ForkError, match="'litellm/a.py' is there twice"):
        open_wheel(_pinning(release, path), path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_a_member_that_is_no_file_is_refused(release: Release, tmp_path: Path, kind: int) -> None:
    """A link, a device, a pipe: an installer could follow it out of the environment."""
    path = _write(tmp_path / WHEEL_NAME, [("litellm/link", b"/etc/passwd", (kind | 0o777) << 16)])
    with pytest.raises(ForkError, match="is a link, or no file"):
        open_wheel(_pinning(release, path), path)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("flag_bits", 0x1, "is encrypted, or packed in a way that no wheel is"),
        ("compress_type", zipfile.ZIP_BZIP2, "is encrypted, or packed in a way that no wheel is"),
        ("compress_size", 1 << 20, "members lie over one another"),
    ],
)
def test_a_member_that_is_packed_as_none_of_a_wheel_is_refused(
    release: Release, tmp_path: Path, field: str, value: int, words: str
) -> None:
    """Encrypted, packed in another way, or with bytes that are another member's as well: refused by what the directory says."""
    path = _write(tmp_path / WHEEL_NAME, [])
    with zipfile.ZipFile(path, "a") as archive:
        setattr(archive.getinfo("litellm/data.bin"), field, value)
        archive.comment = b"for the directory to be written anew"
    with pytest.raises(ForkError, match=words):
        open_wheel(_pinning(release, path), path)


def test_a_bomb_is_refused_unpacked(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to many times its size, or to more than any release, is refused by what its directory says."""
    path = _write(tmp_path / WHEEL_NAME, [("litellm/bomb.bin", bytes(10_000_000), _MODE)])
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("a member was unpacked"))
    with pytest.raises(ForkError, match="unpacks to more than 200 times its size"):
        open_wheel(_pinning(release, path), path)
    monkeypatch.setattr(members, "_MOST_BYTES", 5000)
    with pytest.raises(ForkError, match="it unpacks to more than 0 MB"):
        open_wheel(_pinning(release, path), path)


@given(data=st.data())
def test_a_record_that_is_not_of_its_files_is_refused(release: Release, tmp_path: Path, data: st.DataObject) -> None:
    """A row too many, too few, twice, of another size or algorithm is refused as a wheel is opened; another hash where it was fetched."""
    files = {**MODULES, f"{_INFO}/METADATA": METADATA.format(version="1.0").encode()}
    rows = [[name, record_hash(content), str(len(content))] for name, content in files.items()] + [[f"{_INFO}/RECORD", "", ""]]
    at = data.draw(st.integers(0, len(files) - 1))
    kind = data.draw(st.sampled_from(["drop", "twice", "more", "size", "algorithm", "none", "hash", "cells"]))
    if kind == "drop":
        del rows[at]
    elif kind == "twice":
        rows.append(rows[at])
    elif kind == "more":
        rows.append([data.draw(st.sampled_from(["evil.py", "../evil.py", "litellm/b.py"])), *rows[at][1:]])
    elif kind == "size":
        rows[at][2] = data.draw(st.sampled_from(["", "-1", "0x1", "9" * 30, str(int(rows[at][2]) + 1)]))
    elif kind == "algorithm":
        rows[at][1] = rows[at][1].replace("sha256=", data.draw(st.sampled_from(["md5=", "sha1=", "SHA256=", "", "sha256=="])))
    elif kind == "none":
        rows[at][1] = rows[at][2] = ""
    elif kind == "hash":
        rows[at][1] = record_hash(data.draw(st.binary(max_size=4)) + b"other")
    else:
        del rows[at][1:]
    path = _write(tmp_path / WHEEL_NAME, [], files, "".join(",".join(row) + "\n" for row in rows))
    if kind == "hash":
        with open_wheel(_pinning(release, path), path) as wheel, pytest.raises(ForkError, match="is not what RECORD has the hash of"):
            wheel.require_recorded()
    else:
        with pytest.raises(ForkError, match="RECORD"):
            open_wheel(_pinning(release, path), path)


_FIELDS = b"Name: litellm\nVersion: 1.0\n"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("evil", None),
        ("litellm", {}),
        ("litellm", {"evil-1.0.dist-info/METADATA": _FIELDS}),
        ("litellm", {f"{_INFO}/METADATA": _FIELDS, "evil-1.0.dist-info/METADATA": _FIELDS}),
    ],
)
def test_another_projects_wheel_is_refused(release: Release, tmp_path: Path, name: str, files: dict[str, bytes] | None) -> None:
    """Under upstream's file name, a wheel whose METADATA has another name, or none, or stands elsewhere or twice, is none of upstream's."""
    path = _write(tmp_path / WHEEL_NAME, [], files, name=name)
    with pytest.raises(ForkError):
        open_wheel(_pinning(release, path), path)


# What an index may say of where a wheel is and of its hash. The build may fetch from anywhere, as the user's index says; it keeps by hash.
_NAMES = st.one_of(
    st.sampled_from([WHEEL_NAME, WHEEL_NAME.replace("any", "other"), "evil-1.0-py3-none-any.whl", "litellm-1.1-py3-none-any.whl"]),
    st.sampled_from(
        [
            "..%2F..%2Fevil.whl",
            "%2Fevil.whl",
            "..%5Cevil.whl",
            f"..%2F{WHEEL_NAME}",
            f"{WHEEL_NAME}%00.whl",
            "%2e%2e%2fevil.whl",
            "%0aevil.whl",
        ]
    ),
    st.text(alphabet="%2fFeE.\\/0a\u0661", min_size=1, max_size=12).map(lambda text: f"{text}.whl"),
)
_HASHES = st.sampled_from(["", "0" * 64, "a" * 64])


@given(listed=st.lists(st.tuples(_NAMES, _HASHES), max_size=4), served=st.sampled_from(["wheel", "other", "cut", "nothing"]))
def test_whatever_an_index_lists_the_pinned_wheel_is_kept_or_nothing(
    made: Checkout, release: Release, tmp_path_factory: pytest.TempPathFactory, listed: list[tuple[str, str]], served: str
) -> None:
    """Names that unquote to paths, other names, no hash or another one: the cache holds the pinned bytes, or nothing."""
    folder = tmp_path_factory.mktemp("listed")
    whole = made.wheel.read_bytes()
    content = {"wheel": whole, "other": whole + b"x", "cut": whole[:-9], "nothing": b""}[served]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upstream, "_uv", lambda: "uv")
        patch.setattr(upstream, "_locked", lambda *_: [(f"https://index.example/x/{name}", digest) for name, digest in listed])
        patch.setattr(upstream, "cache_folder", lambda: folder / "one" / "cache")
        patch.setattr(upstream.urllib.request, "urlopen", lambda *_, **__: _Answer(content))
        try:
            with open_wheel(release) as wheel:
                assert wheel.path == folder / "one" / "cache" / WHEEL_NAME
            assert served == "wheel"
        except ForkError as error:
            assert served != "wheel" or WHEEL_NAME not in [upstream._file_name(name) for name, _ in listed], str(error)
        kept = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        assert kept in ({}, {f"one/cache/{WHEEL_NAME}": whole})
        try:
            pins = indexed_wheels(release)
        except ForkError as error:
            assert "remedy: " in str(error)
        else:
            assert all(
                name.startswith("litellm-1.0-") and "/" not in name and "\\" not in name and name.isascii() and digest
                for name, digest in pins.items()
            )


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([("litellm-1.0-..%2F..%2Fevil.whl", "a" * 64)], "is no name of a wheel of 1.0"),
        ([("evil-1.0-py3-none-any.whl", "a" * 64)], "is no name of a wheel of 1.0"),
        ([(WHEEL_NAME, "")], "has no one hash"),
        ([(WHEEL_NAME, "a" * 64), (WHEEL_NAME, "0" * 64)], "has no one hash"),
    ],
)
def test_what_an_index_lists_amiss_is_not_pinned(
    release: Release, monkeypatch: pytest.MonkeyPatch, listed: list[tuple[str, str]], words: str
) -> None:
    """A path, another project's wheel, no hash, two of them: `pin --wheels` and `move` take none of it into the pins."""
    monkeypatch.setattr(upstream, "_uv", lambda: "uv")
    monkeypatch.setattr(upstream, "_locked", lambda *_: [(f"https://index.example/x/{name}", digest) for name, digest in listed])
    with pytest.raises(ForkError, match=words):
        indexed_wheels(release)


def test_a_pinned_wheel_whose_record_is_of_another_is_not_kept(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pinned as an index served it, a wheel with a file that is not the one RECORD has the hash of is refused once it has been fetched."""
    files = {**MODULES, f"{_INFO}/METADATA": METADATA.format(version="1.0").encode()}
    record = "".join(f"{name},{record_hash(b'other')},{len(data)}\n" for name, data in files.items()) + f"{_INFO}/RECORD,,\n"
    path = _write(tmp_path / WHEEL_NAME, [], files, record)
    monkeypatch.setattr(upstream, "_uv", lambda: "uv")
    monkeypatch.setattr(upstream, "_locked", lambda *_: [(str(path), "")])
    monkeypatch.setattr(upstream, "cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(ForkError, match="is not what RECORD has the hash of"):
        open_wheel(_pinning(release, path))
    assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_of_a_source_archive_is_run(made: Checkout) -> None:
    """Of an index that has the release as a source archive alone, nothing is built, and no line of it is run to learn what it is."""
    ran, page = made.root.parent / "ran", made.root.parent / "sources" / "litellm" / "index.html"
    files = {
        "PKG-INFO": "Metadata-Version: 1.0\nName: litellm\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": f"open({str(ran)!r}, 'w')\n",
    }
    page.parent.mkdir(parents=True)
    with tarfile.open(page.parent / "litellm-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"litellm-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    page.write_text('<a href="litellm-1.0.tar.gz">litellm-1.0.tar.gz</a>')
    for environment in [{}, {"UV": str(UV)}] if UV else [{}]:
        said = made.fork("build", given=False, code=1, env={**checkouts.index_settings(page.parent.parent.as_uri()), **environment})
        assert "could be fetched" in said and "remedy: " in said
    assert not ran.exists()
    assert made.cached() == []


class _Answer(io.BytesIO):
    """What is served, with no headers."""

    headers: Mapping[str, str] = {}


@contextmanager
def _served(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers each request as a function does; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _garbage(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff nonsense\r\n\r\n")


def _cut(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"PK")


def _no_length(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "much")
    handler.end_headers()


def _chunks(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\nPK")


def _round(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def _to_a_file(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "file:///etc/hostname")
    handler.end_headers()


@pytest.mark.parametrize("answer", [_garbage, _cut, _no_length, _chunks, _round, _to_a_file])
def test_a_server_that_answers_anything_leaves_nothing(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[http.server.BaseHTTPRequestHandler], None]
) -> None:
    """Garbage, a body that ends early, a redirect in a circle or to a file of this machine: a refusal in words, and no file."""
    monkeypatch.setattr(upstream, "_uv", lambda: "uv")
    monkeypatch.setattr(upstream, "cache_folder", lambda: tmp_path / "cache")
    with _served(answer) as url:
        monkeypatch.setattr(upstream, "_locked", lambda *_: [(f"{url}/{WHEEL_NAME}", "")])
        with pytest.raises(ForkError) as refused:
            open_wheel(release)
    assert "remedy: " in str(refused.value)
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []


def test_a_body_without_an_end_is_given_up(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download is broken off at a size that no wheel has, ahead of a full disk, and none of it is kept."""
    monkeypatch.setattr(upstream, "_uv", lambda: "uv")
    monkeypatch.setattr(upstream, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(upstream, "_LARGEST", 1 << 22)

    def more(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            for _ in range(64):  # An end far behind the limit, for the day that nothing breaks it off.
                handler.wfile.write(bytes(1 << 22))

    with _served(more) as url:
        monkeypatch.setattr(upstream, "_locked", lambda *_: [(f"{url}/{WHEEL_NAME}", "")])
        with pytest.raises(ForkError, match="more than 4 MB came"):
            open_wheel(release)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_redirect_to_another_wheel_is_refused(made: Checkout, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a redirect leads, what comes is judged by its bytes: another wheel is refused, the pinned one is taken."""
    monkeypatch.setattr(upstream, "_uv", lambda: "uv")
    monkeypatch.setattr(upstream, "cache_folder", lambda: tmp_path / "cache")

    def elsewhere(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/from/"):
            handler.send_response(302)
            handler.send_header("Location", handler.path.replace("/from/", "/to/"))
        else:
            handler.send_response(200)
        handler.end_headers()
        if handler.path.startswith("/to/evil/"):
            handler.wfile.write(made.wheel.read_bytes() + b"x")
        elif handler.path.startswith("/to/"):
            handler.wfile.write(made.wheel.read_bytes())

    with _served(elsewhere) as url:
        monkeypatch.setattr(upstream, "_locked", lambda *_: [(f"{url}/from/evil/{WHEEL_NAME}", "")])
        with pytest.raises(ForkError, match="is not the wheel that is pinned"):
            open_wheel(release)
        assert list((tmp_path / "cache").iterdir()) == []
        monkeypatch.setattr(upstream, "_locked", lambda *_: [(f"{url}/from/{WHEEL_NAME}", "")])
        open_wheel(release).__exit__()


@pytest.mark.skipif(UV is None, reason="uv is not installed")
@pytest.mark.parametrize(
    "href",
    [
        "..%2F..%2Fevil-1.0-py3-none-any.whl",
        f"../../{WHEEL_NAME}",
        f"%2e%2e/{WHEEL_NAME}",
        f"file:///etc/{WHEEL_NAME}",
        f"{WHEEL_NAME}#sha256=0",
    ],
)
def test_an_index_that_links_elsewhere_gives_no_wheel(made: Checkout, href: str) -> None:
    """As uv reads it: a page whose links lead out of it, or have a hash that is none, ends in a refusal, and in an empty cache."""
    page = made.root.parent / "links" / "litellm" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f'<a href="{href}">{WHEEL_NAME}</a>')
    text = made.fork("build", given=False, code=1, env={**checkouts.index_settings(page.parent.parent.as_uri()), "UV": str(UV)})
    assert "error: " in text and "remedy: " in text
    assert made.cached() == []


@given(data=st.data())
def test_what_is_swapped_behind_the_check_is_not_read(made: Checkout, release: Release, tmp_path: Path, data: st.DataObject) -> None:
    """Once verified, a wheel is read by the same handle: another in its place is nowhere in what is built."""
    path = tmp_path / WHEEL_NAME
    path.write_bytes(made.wheel.read_bytes())
    swap_at = data.draw(st.integers(0, 3))
    evil = checkouts.write_wheel(tmp_path / "evil", {**MODULES, "litellm/a.py": b"evil = 1\n"})
    with open_wheel(release, path) as wheel:
        steps: list[Callable[[], object]] = [
            lambda: wheel.read("litellm/a.py"),
            lambda: [wheel.raw(member) for member in wheel.members],
            lambda: wheel.hashes(),
        ]
        for number, step in enumerate(steps):
            if number == swap_at:
                evil.replace(path)
            step()
        out = io.BytesIO()
        write_wheel(out, wheel, release.version, {})
    with zipfile.ZipFile(out) as archive:
        assert archive.read("litellm/a.py") == MODULES["litellm/a.py"]


def test_a_wheel_to_compare_with_is_judged_too(tmp_path: Path) -> None:
    """`check --compare` takes any file: one that is no wheel, or a hostile one, is refused in words."""
    for name, content in (("a", b""), ("b", b"PK\x05\x06" + bytes(18)), ("c", b"not a wheel")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ForkError):
            UpstreamWheel(tmp_path / name)
