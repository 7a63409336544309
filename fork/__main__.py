"""The command line of the tool: `python -m fork --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .backend import build, default_tree
from .diff import file_patch, text_diff
from .errors import ForkError
from .files import write_atomically
from .merge import definition_text
from .move import move
from .notes import notes
from .patch import Drift, drift, merge_release, require_pins, survey
from .proof import proofs, require_applies
from .release import ROOT, Release, load_release, pinned
from .series import author, mail, request, steps, write_series
from .source import Source
from .tree import write_tree
from .upstream import indexed_wheels, open_wheel
from .wheel import UpstreamWheel

DESCRIPTION = """\
Build this fork from the pinned upstream release.

The repository holds only the definitions that differ (the overlay), and for each release of upstream's a file releases/<release>.json with
the sha256 of its wheels and a digest of upstream's text of each definition the overlay claims. A command takes the upstream wheel from
--from, else from the cache, else from your own package index; it verifies it, and merges the overlay into it.
"""
EPILOG = """\
after editing the overlay:
  python -m fork pin      see what it claims, and write the pins
  python -m fork tree     refresh the merged tree in build/<release>/
  python -m fork diff     see the whole fork against upstream

moving to another release:
  python -m fork move 1.2.3    see what upstream changed under the overlay; once that is settled, build, test and pin

exit status: 0 all well, 1 refused or not clean, 2 wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ForkError as error:
        print(f"error: {error}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever read the output has had enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("error: interrupted; nothing half-written was left behind.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m fork", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw)
    release = argparse.ArgumentParser(add_help=False)
    release.add_argument(
        "--release",
        default=os.environ.get("LITELLM_FORK_UPSTREAM"),
        help="the upstream release to work on (default: $LITELLM_FORK_UPSTREAM, else the newest pinned one)",
    )
    wheel = argparse.ArgumentParser(add_help=False, parents=[release])
    wheel.add_argument("--from", dest="wheel", type=Path, metavar="WHEEL", help="use this upstream wheel; it is verified as any other")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, text: str, parent: argparse.ArgumentParser | None = wheel) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[parent] if parent else [], help=text, description=text[0].upper() + text[1:] + ".")
        added.set_defaults(run=globals()[f"_{name}"])
        return added

    command("build", "build the fork's wheel").add_argument(
        "out", nargs="?", type=Path, default=Path("dist"), metavar="FOLDER", help="where to (default: dist/)"
    )
    command("tree", "write or refresh a merged source tree for development; only files that differ are written").add_argument(
        "out", nargs="?", type=Path, metavar="FOLDER", help="where to (default: build/<release>/ in the checkout)"
    )
    command(
        "check", "list each claimed definition and whether its pin still holds, for all pinned releases unless one is named"
    ).add_argument("--compare", type=Path, metavar="WHEEL", help="the wheel the pins were written for: show what changed since, as a diff")
    command("diff", "show the whole fork as a patch to upstream that `git apply` takes, coloured on a terminal")
    pins = command("pin", "write the pins, and print what they stand for: look at it first")
    pins.add_argument("--all", action="store_true", help="of every pinned release, the oldest first")
    pins.add_argument(
        "--wheels",
        action="store_true",
        help="pin the sha256 of the release's wheels instead, for every platform, as your index has them (asks uv)",
    )
    series = command("series", "write the fork as patches for upstream's repository that `git am` takes, each with a pull request's text")
    series.add_argument("out", type=Path, metavar="FOLDER", help="where to: a new folder, or one that holds an earlier series")
    series.add_argument("--author", metavar="NAME <MAIL>", help="who the patches are from (default: fork.json says)")
    series.add_argument("--prove", action="store_true", help="have git apply them, and run each patch's tests with it and without it")
    _add_move_arguments(command("move", "pin another release, once what upstream changed under the overlay is settled", None))
    command("notes", "write PATCH_NOTES.md from intents.json, the overlays' docstrings and the pins", None).add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if the file is not what would be written"
    )
    return parser


def _add_move_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RELEASE", help="upstream's version, as your index has it")
    parser.add_argument(
        "--against", metavar="RELEASE", help="compare with the pins of this release (default: the nearest older pinned one)"
    )
    parser.add_argument(
        "--settled", nargs="+", default=[], metavar="FILE:NAME", help="definitions that you have looked at, and found the overlay right for"
    )


def _build(options: argparse.Namespace) -> int:
    print(f"Wrote {build(load_release(options.release), options.wheel, options.out)}.")
    return 0


def _tree(options: argparse.Namespace) -> int:
    release = load_release(options.release)
    out: Path = options.out or default_tree(release)
    with open_wheel(release, options.wheel) as upstream:
        patch = merge_release(release, upstream)
        require_pins(patch)
        written = write_tree(patch, upstream, out)
    print(f"{out} is up to date: {written} file(s) written or removed; {len(patch.files)} differ from upstream {release.name}.")
    return 0


def _check(options: argparse.Namespace) -> int:
    names = [options.release] if options.release else pinned()
    clean = [_check_release(load_release(name), options) for name in names]
    return 0 if all(clean) else 1


def _check_release(release: Release, options: argparse.Namespace) -> bool:
    print(release.version)
    with open_wheel(release, options.wheel) as upstream:
        patch = survey(release, upstream)
    drifted = drift(patch)
    ranks = {(item.path, item.name): item.rank for item in drifted}
    for path, touches in patch.touches.items():
        for touch in touches:
            rank = ranks.get((path, touch.name))
            print(f"  {path}: {touch.name}  {touch.how}, {f'NOT CLEAN: {rank}' if rank else 'pin holds'}")
    for path in patch.new:
        print(f"  {path}  new module")
    for item in drifted:
        print(f"\n{item.rank}: {item.place} {item.why}")
        _explain(release, item, options.compare)
    counts = Counter(item.rank for item in drifted)
    told = ", ".join(f"{count} {rank}" for rank, count in counts.items())
    print(f"{release.name}: {f'{len(drifted)} pin(s) do not hold: {told}' if drifted else 'every pin holds'}")
    return not drifted


def _explain(release: Release, item: Drift, compare: Path | None) -> None:
    """Show what is known of a change. A pin is a hash, so the old text is known only from the wheel it was written for."""
    if compare is not None:
        with UpstreamWheel(compare) as before:
            old = definition_text(Source(item.path, before.read(item.path)), item.name) if item.path in before.names else ""
        for text in text_diff(old, item.text or "", f"{compare.name}: {item.name}", f"{release.name}: {item.name}"):
            print(text)
    elif item.text is not None:
        print("The old text is not known from its hash; `--compare OLD_WHEEL` shows the difference. Upstream's text is now:")
        print("".join(f"    {text}\n" for text in item.text.split("\n")), end="")


def _diff(options: argparse.Namespace) -> int:
    release = load_release(options.release)
    coloured = sys.stdout.isatty()
    with open_wheel(release, options.wheel) as upstream:
        for path, data in sorted(merge_release(release, upstream).files.items()):
            for text in file_patch(path, upstream.read(path) if path in upstream.names else None, data):
                # Past the text layer, which would change newlines and refuse what is not UTF-8.
                sys.stdout.buffer.write(_coloured(text) if coloured else text)
    sys.stdout.flush()
    return 0


def _pin(options: argparse.Namespace) -> int:
    # The oldest first: the pins of a newer one name those of an older one where they are mostly the same.
    for name in reversed(pinned()) if options.all else [options.release]:
        release = load_release(name)
        if options.wheels:
            _pin_wheels(release)
        else:
            _pin_definitions(release, options.wheel)
    return 0


def _pin_definitions(release: Release, wheel: Path | None) -> None:
    with open_wheel(release, wheel) as upstream:
        patch = merge_release(release, upstream)
    drifted = drift(patch)
    pins = patch.pins()
    for item in drifted:
        old, new = (table.get(item.path, {}).get(item.name, "none") for table in (release.definitions, pins))
        print(f"{item.rank}: {item.place} {item.why}\n  {_short(old)} -> {_short(new)}")
        if item.text is not None and item.name in release.definitions.get(item.path, {}):
            print("".join(f"    {text}\n" for text in item.text.split("\n")), end="")
    replace(release, definitions=pins).save()
    print(f"{release.file}: {sum(map(len, pins.values()))} pins, {len(drifted)} of them changed.")


def _move(options: argparse.Namespace) -> int:
    release = move(options.name, ROOT, load_release(options.against) if options.against else None, options.settled)
    print(f"{release.file}: pinned. Next: `make notes`, `make demo RELEASE={release.name}`.")
    return 0


def _series(options: argparse.Namespace) -> int:
    release = load_release(options.release)
    by = author(options.author, release.root)
    with open_wheel(release, options.wheel) as upstream:
        found = steps(release, upstream)
        mails = {step.name: mail(step, len(found), by) for step in found}
        require_applies(found, mails, upstream)
        proved = proofs(found, upstream) if options.prove else {}
    texts = {step.name: request(step, release, proved.get(step.name)).encode() for step in found}
    write_series(
        {f"{name}.patch": data for name, data in mails.items()} | {f"{name}.md": text for name, text in texts.items()}, options.out
    )
    for step in found:
        print(f"{options.out / step.name}.patch: {step.pull.subject}")
        print(f"  {proved.get(step.name, 'applies; its tests were not run (--prove)')}")
    return 0


def _pin_wheels(release: Release) -> None:
    wheels = indexed_wheels(release)
    for name in sorted(wheels.keys() | release.wheels.keys()):
        old, new = release.wheels.get(name, "none"), wheels.get(name, "none")
        print(f"{name}: {f'{old[:12]} -> {new[:12]}' if old != new else 'as before'}")
    replace(release, wheels=wheels).save()
    print(f"{release.file}: {len(wheels)} wheels of {release.name}.")


def _notes(options: argparse.Namespace) -> int:
    text = notes(ROOT).encode()
    file = ROOT / "PATCH_NOTES.md"
    current = file.read_bytes() if file.is_file() else None
    if options.check and current != text:
        raise ForkError(
            f"{file} is not up to date.",
            "intents.json, the overlays' docstrings or the pins say something else.",
            "Run `python -m fork notes`.",
        )
    if not options.check:
        write_atomically(file, text)
    print(f"{file} is up to date.")
    return 0


def _short(pin: str) -> str:
    return ":".join(part[:12] for part in pin.split(":"))


def _coloured(line: bytes) -> bytes:
    colours = {b"diff": b"1", b"+++": b"1", b"---": b"1", b"@@": b"36", b"+": b"32", b"-": b"31"}
    code = next((code for start, code in colours.items() if line.startswith(start)), None)
    return b"\033[%bm%b\033[0m\n" % (code, line.rstrip(b"\r\n")) if code else line


if __name__ == "__main__":
    sys.exit(main())
