"""Made-up releases and checkouts of the fork, for tests that need to know every byte."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
WHY = '"""Made up for a test.\n\nIntent: example\nUpstream: example/project#1\nRemove when: never.\n"""\n'
# What is left of it where a new module is merged: its fields are about the checkout.
SAID = '"""Made up for a test."""\n'
INTENT = {
    "slug": "example",
    "title": "An example",
    "why": "A test needs one.",
    "upstream": "none yet",
    "forwarded": "no",
    "remove_when": "never",
    "tests": [],
}
RELEASE = "1.0"
WHEEL_NAME = f"litellm-{RELEASE}-py3-none-any.whl"
METADATA = (
    "Metadata-Version: 2.1\r\nName: litellm\r\nVersion: {version}\r\nRequires-Dist: idna\r\n"
    "Provides-Extra: more\r\n\r\nVersion: of the text\r\n"
)
MODULES = {
    "litellm/__init__.py": b"",
    "litellm/a.py": b"import os\n\n\ndef greet():\n    return 'hello'\n\n\ndef other():\n    return os.name\n",
    "litellm/windows.py": b"def greet():\r\n    return 1\r\n\r\n\r\ndef other():\r\n    return 2\r\n",
    "litellm/data.bin": bytes(range(256)) * 40,
}


def write_wheel(folder: Path, modules: Mapping[str, bytes] = MODULES, version: str = RELEASE) -> Path:
    """A made-up release as a wheel."""
    info = f"litellm-{version}.dist-info"
    files = {
        **modules,
        f"litellm-{version}.data/scripts/hello": b"#!python\n",
        f"{info}/METADATA": METADATA.format(version=version).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": b"[console_scripts]\nlitellm = litellm.a:greet\n",
    }
    record = "".join(f"{name},{record_hash(data)},{len(data)}\n" for name, data in files.items()) + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"litellm-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, f"{info}/RECORD": record.encode()}.items():
            member = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o100755 if "scripts" in name else 0o100644) << 16
            archive.writestr(member, data)
    return path


def record_hash(data: bytes) -> str:
    """A hash as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


class Checkout:
    """A made-up checkout of the fork with the real tool in it, run as a user runs it."""

    def __init__(self, root: Path, modules: Mapping[str, bytes] = MODULES) -> None:
        self.root = root
        self.cache = root.parent / "cache"
        self.wheel = write_wheel(root.parent / "release", modules)
        shutil.copytree(ROOT / "fork", root / "fork", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", root)
        self.write("intents.json", json.dumps([INTENT]))
        self.write("fork.json", json.dumps({"local": "test.1", "excluded": {"0.8": "It was withdrawn"}}))
        (root / "litellm").mkdir()
        self.add_release(self.wheel)

    def add_release(self, wheel: Path) -> Path:
        """Write the pins of a wheel, and of no definition yet."""
        content = {"wheels": {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest()}, "definitions": {}}
        return self.write(f"releases/{wheel.name.split('-')[1]}.json", json.dumps(content))

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the checkout."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def fork(self, *arguments: str, given: bool = True, code: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run `python -m fork`, with the wheel unless `given` is false; assert its exit status; return what it wrote to both streams."""
        command = [sys.executable, "-m", "fork", *arguments, *(["--from", str(self.wheel)] if given else [])]
        return self.run(command, code, env or {})

    def backend(self, call: str, code: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Call a hook as a front end does: in a process of its own, in the folder of the checkout."""
        return self.run([sys.executable, "-c", f"from fork import backend; print(backend.{call})"], code, env or {})

    def run(self, command: list[str], code: int, environment: Mapping[str, str]) -> str:
        """Run a command in the checkout with a cache of its own. Whatever it refuses, it never shows a traceback."""
        env = {
            **os.environ,
            "XDG_CACHE_HOME": str(self.cache),
            "LOCALAPPDATA": str(self.cache),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        env.pop("PYTHONPATH", None)
        done = subprocess.run(command, cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def index(self, *wheels: Path) -> dict[str, str]:
        """A package index that has these wheels, else the release, as settings for pip and for uv alike."""
        page = self.root.parent / "index" / "litellm" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        links = []
        for wheel in wheels or (self.wheel,):
            shutil.copy(wheel, page.parent)
            links.append(f'<a href="{wheel.name}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}">{wheel.name}</a>')
        page.write_text("".join(links))
        return index_settings(page.parent.parent.as_uri())

    def cached(self) -> list[Path]:
        """What lies in the cache."""
        return [file for file in self.cache.rglob("*") if file.is_file()]

    def built(self, folder: str = "dist") -> Path:
        """The one wheel in a folder of the checkout."""
        (wheel,) = (self.root / folder).glob("*.whl")
        return wheel


def apply_diff(root: Path, wheel: Path, folder: Path, modules: Sequence[str]) -> dict[str, bytes]:
    """Unpack modules of a release, have git apply what `python -m fork diff` says in a checkout, and return what is there then."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, modules)
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    patch = subprocess.run(
        [sys.executable, "-m", "fork", "diff", "--from", str(wheel)], cwd=root, check=True, stdout=subprocess.PIPE
    ).stdout
    for options in (["--check"], []):
        done = subprocess.run(["git", "apply", "--whitespace=nowarn", *options], cwd=folder, env=env, input=patch, capture_output=True)
        assert done.returncode == 0, done.stderr
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def index_settings(url: str) -> dict[str, str]:
    """Settings that make an address the only package index, for pip and for uv."""
    pip = {"PIP_INDEX_URL": url, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    return {**pip, "UV_DEFAULT_INDEX": url, "UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "0", "UV_NO_CONFIG": "1"}
