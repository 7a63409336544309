"""`python -m fork` and the way to upstream's wheel, on a made-up checkout."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from . import checkouts
from .checkouts import INTENT, MODULES, UV, WHY, Checkout, apply_diff


def test_fetches_from_the_users_index_once(checkout: Checkout) -> None:
    """Without a wheel at hand it comes from the configured index, and from the cache from then on."""
    settings = checkout.index()
    assert "Fetching litellm 1.0" in checkout.fork("build", given=False, env=settings)
    assert [file.name for file in checkout.cached()] == [checkouts.WHEEL_NAME]
    checkout.wheel.unlink()
    assert "Fetching" not in checkout.fork("build", given=False, env=checkouts.index_settings("file:///nowhere"))


def test_an_index_that_serves_another_file_is_refused(checkout: Checkout) -> None:
    """What an index serves is verified as everything else, and is not kept."""
    checkouts.write_wheel(checkout.wheel.parent, {"litellm/a.py": b"evil = 1\n"})
    assert "is not the wheel that is pinned" in checkout.fork("build", given=False, code=1, env=checkout.index())
    assert checkout.cached() == []


def test_a_damaged_cache_is_fetched_anew(checkout: Checkout, tmp_path: Path) -> None:
    """The cache is verified at each use; what fails, be it no wheel or another one, is replaced, with a word about it."""
    settings = checkout.index()
    checkout.fork("build", given=False, env=settings)
    (cached,) = checkout.cached()
    other = checkouts.write_wheel(tmp_path / "other", {**MODULES, "litellm/evil.py": b"evil = 1\n"})
    for content in (b"damaged", other.read_bytes()):
        cached.write_bytes(content)
        text = checkout.fork("build", given=False, env=settings)
        assert "does not have its pinned sha256: fetching it anew" in text
        assert cached.read_bytes() == checkout.wheel.read_bytes()


needs_uv = pytest.mark.skipif(UV is None, reason="uv is not installed")


@needs_uv
def test_uv_decides_where_from_when_it_runs_the_build(checkout: Checkout) -> None:
    """Where uv is the front end (it sets `UV`), its index counts, and pip's is not asked."""
    settings = {**checkout.index(), "PIP_INDEX_URL": "file:///nowhere", "UV": str(UV)}
    (checkout.root / "dist").mkdir()
    assert checkout.backend("get_requires_for_build_wheel()", env=settings).strip() == "[]"
    checkout.backend("build_wheel('dist')", env=settings)
    assert checkout.built().name == "litellm-1.0+test.1-py3-none-any.whl"


@needs_uv
def test_pins_the_wheels_an_index_has(checkout: Checkout) -> None:
    """`pin --wheels` writes the hash of every platform's wheel, and leaves the other pins alone."""
    file = checkout.root / "releases" / "1.0.json"
    before = file.read_text()
    digest = hashlib.sha256(checkout.wheel.read_bytes()).hexdigest()
    file.write_text(before.replace(digest, "0" * 64))
    text = checkout.fork("pin", "--wheels", given=False, env={**checkout.index(), "UV": str(UV)})
    assert f"{'0' * 12} -> {digest[:12]}" in text
    assert file.read_text() == before


@contextmanager
def index_of_paths(wheel: Path) -> Iterator[tuple[str, list[str]]]:
    """An index whose file has an ordinary name and an address that unquotes to a path; its own address, and what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            kind, body = "application/octet-stream", wheel.read_bytes()
            if not self.path.endswith(".whl"):
                address = f"http://{self.headers['host']}/x%2F..%2F..%2F..%2Fescaped.whl"
                file = {"filename": wheel.name, "url": address, "hashes": {"sha256": hashlib.sha256(body).hexdigest()}}
                kind = "application/vnd.pypi.simple.v1+json"
                body = json.dumps({"meta": {"api-version": "1.0"}, "name": "litellm", "files": [file]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple", asked
        finally:
            server.shutdown()
            thread.join()


@needs_uv
@pytest.mark.parametrize("command", [("build",), ("pin", "--wheels")])
def test_an_index_whose_address_is_a_path_writes_nothing(checkout: Checkout, command: tuple[str, ...]) -> None:
    """What unquotes to a path is neither fetched nor pinned: it would be written wherever it leads, ahead of any check."""
    before = sorted(checkout.root.parent.rglob("*"))
    with index_of_paths(checkout.wheel) as (url, asked):
        text = checkout.fork(*command, given=False, code=1, env={**checkouts.index_settings(url), "UV": str(UV)})
    assert "'x/../../../escaped.whl' is n" in text and "remedy: " in text
    assert asked != [] and [path for path in asked if path.endswith(".whl")] == []
    assert [file for file in sorted(checkout.root.parent.rglob("*")) if file not in before and file.is_file()] == []


def test_check_lists_each_definition_of_every_release(checkout: Checkout, tmp_path: Path) -> None:
    """Each claimed definition with its file, what became of it and its pin; all pinned releases unless one is named."""
    checkout.write("litellm/a.py", f"{WHY}\n\ndef greet():\n    return 1\n\n\n@d\ndef other(): ...\n\n\nX = 1\n")
    checkout.fork("pin")
    text = checkout.fork("check")
    for line in ("greet  replaced, pin holds", "other  decorated, pin holds", "X  added, pin holds", "1.0: every pin holds"):
        assert line in text
    old = checkouts.write_wheel(tmp_path / "old", version="0.9")
    checkout.add_release(old)
    checkout.write("backports/before-1.0/litellm/a.py", f"{WHY}Y = 1\n")
    text = checkout.fork("check", given=False, code=1, env=checkout.index(old, checkout.wheel))
    assert "1.0: every pin holds" in text and "Y  added, NOT CLEAN: unpinned" in text and "0.9: 1 pin(s) do not hold" in text
    assert "0.9" not in checkout.fork("check", "--release", "1.0")


def test_diff_is_the_whole_fork(checkout: Checkout) -> None:
    """A patch of each touched file, in plain text where the output is no terminal."""
    assert checkout.fork("diff") == (
        "diff --git a/litellm/a.py b/litellm/a.py\n"
        "index 17d80ada7badd1eb21a04ac0e9fccd2a14e37f9e..81864f11b0d9c2821a35492aa91fec27fe05e4ca 100644\n"
        "--- a/litellm/a.py\n+++ b/litellm/a.py\n@@ -2,7 +2,7 @@\n \n \n def greet():\n"
        "-    return 'hello'\n+    return 'goodbye'\n \n \n def other():\n"
    )


ODD_MODULES = {
    "litellm/a.py": b"def greet():\n    return 1",
    "litellm/b.py": b"X = 1\n\x0c\ndef greet():\n    return 1\r\n",
    "litellm/latin.py": b"# -*- coding: latin-1 -*-\n# \xe9\nX = 1\n",
    "litellm/windows.py": MODULES["litellm/windows.py"],
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not on the path")
def test_git_applies_the_diff(tmp_path: Path) -> None:
    """On the unpacked release it gives the merged bytes: new modules, CRLF, other encodings, no newline at the end."""
    checkout = Checkout(tmp_path / "checkout", ODD_MODULES)
    overlay = "\n\ndef greet():\n    return 2\n"
    for name, text in (("a", overlay), ("b", f"import sys\n{overlay}"), ("latin", "X = 'ü'\n"), ("windows", overlay)):
        checkout.write(f"litellm/{name}.py", WHY + text)
    checkout.write("litellm/sub/fresh.py", f"{WHY}\n\nX = 'ü'")
    checkout.fork("pin")
    checkout.fork("tree")
    applied = apply_diff(checkout.root, checkout.wheel, tmp_path / "unpacked", [*ODD_MODULES])
    tree = checkout.root / "build" / "1.0"
    assert applied == {path: (tree / path).read_bytes() for path in (*ODD_MODULES, "litellm/sub/fresh.py")}


def test_pin_prints_what_it_writes(checkout: Checkout) -> None:
    """A changed pin is shown with the old and the new hash; a second run changes nothing."""
    checkout.write("litellm/a.py", f"{WHY}X = 1\n\n\ndef other():\n    return 2\n")
    text = checkout.fork("pin")
    assert "litellm/a.py: other has no pin yet\n  none -> " in text and "X has no pin yet\n  none -> added" in text
    before = (checkout.root / "releases" / "1.0.json").read_bytes()
    assert "2 pins, 0 of them changed" in checkout.fork("pin")
    assert (checkout.root / "releases" / "1.0.json").read_bytes() == before


def test_notes_say_what_why_and_until_when(checkout: Checkout) -> None:
    """PATCH_NOTES.md tells of each intent why, by which tests, in which files, and until when; `--check` tells when it is out of date."""
    overlay = "\n\n@d\nclass K:\n    @d\n    def f(self): ...\n\n    x = 1\n\n\n"
    overlay += "def greet():\n    return 1\n\n\ndef other():\n    greet()\n    ...\n"
    checkout.write("litellm/a.py", WHY + overlay)
    checkout.write("litellm/fresh.py", WHY)
    checkout.write("tests/test_a.py", "")
    checkout.write("intents.json", json.dumps([{**INTENT, "tests": ["tests/test_a.py"]}]))
    checkout.wheel = checkouts.write_wheel(
        checkout.wheel.parent, {"litellm/a.py": b"class K:\n    def f(self): pass\n\n\ndef greet(): pass\n\n\ndef other():\n    pass\n"}
    )
    checkout.add_release(checkout.wheel)
    assert "claims K" in checkout.fork("notes", given=False, code=1)
    checkout.fork("pin")
    checkout.fork("notes", given=False)
    notes = checkout.root / "PATCH_NOTES.md"
    assert notes.read_text().endswith(
        "Pinned releases: 1.0.\n\n"
        "| intent | upstream | forwarded | removed when |\n|---|---|---|---|\n| example: An example | none yet | no | never |\n\n"
        "## example: An example\n\nA test needs one.\n\nProven by [tests/test_a.py](tests/test_a.py). "
        "New modules: [litellm/fresh.py](litellm/fresh.py).\n\n"
        "| file | what of it is ours | upstream |\n|---|---|---|\n"
        "| [litellm/a.py](litellm/a.py) | guarded `other`; decorated `K`, `K.f`; replaced `greet`; added `K.x` | example/project#1 |\n"
    )
    checkout.fork("notes", "--check", given=False)
    notes.write_text("old")
    assert "is not up to date" in checkout.fork("notes", "--check", given=False, code=1)
    assert notes.read_text() == "old"


def test_notes_tell_of_a_layer_what_differs(checkout: Checkout, tmp_path: Path) -> None:
    """Of a layer's files the notes list what the newer overlay does not have there, what is missing, and the files that are left out."""
    checkout.write("litellm/a.py", f"{WHY}\n\n@d\ndef greet(): ...\n\n\ndef other():\n    return 1\n")
    checkout.write("litellm/windows.py", f"{WHY}\n\n@d\ndef greet(): ...\n")
    checkout.write("backports/before-1.0/litellm/a.py", f"{WHY}\n\n@d\ndef greet(): ...\n\n\nX = 1\n")
    checkout.write("backports/before-1.0/litellm/windows.py", WHY)
    checkout.fork("pin")
    assert "is in no release" in checkout.fork("notes", given=False, code=1)
    old = checkouts.write_wheel(tmp_path / "old", version="0.9")
    checkout.add_release(old)
    checkout.fork("pin", "--release", "0.9", "--from", str(old), given=False)
    checkout.fork("notes", given=False, env={"LITELLM_FORK_UPSTREAM": "0.9"})
    notes = (checkout.root / "PATCH_NOTES.md").read_text()
    assert "Pinned releases: 0.9, 1.0.\nLayers, each laid over `litellm/` and the newer ones: before-1.0.\n\n| intent |" in notes
    assert notes.endswith(
        "\n\n- Before 1.0: [litellm/a.py](backports/before-1.0/litellm/a.py) (added `X`; not `other`), "
        "no [litellm/windows.py](backports/before-1.0/litellm/windows.py).\n"
    )


def test_help_names_every_command(checkout: Checkout) -> None:
    """`--help` tells the commands, the way after an edit, and the exit statuses."""
    text = checkout.fork("--help", given=False)
    for word in ("build", "tree", "check", "diff", "pin", "move", "notes", "exit status"):
        assert word in text
