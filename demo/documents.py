"""The documents that show what the demo measured: docs/calls.json has it for programs, and all the others are written from that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from demo.cells import Block
from demo.families import RIGHT_FATE, Count, read, total
from demo.picture import picture
from demo.sides import ROOT
from demo.tables import family_markdown, path_markdown

DOCS: Final = ROOT / "docs"
README: Final = ROOT / "README.md"
RECORD: Final = DOCS / "calls.json"
PICTURE: Final = DOCS / "calls.svg"
_MARKS: Final = ("<!-- written by `make readme` -->\n", "<!-- until here -->\n")


def recorded() -> dict[str, list[Count]]:
    """What was measured of each release, by its name, the newest first."""
    return {release: read(written) for release, written in json.loads(RECORD.read_text("utf-8")).items()}


def record(release: str, counted: Sequence[Count], table: Sequence[Block]) -> list[str]:
    """Write what was measured of a release into the record, and all documents anew; their names, for people."""
    known = {**(recorded() if RECORD.exists() else {}), release: list(counted)}
    newest_first = sorted(known, key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    releases = [f'"{name}": [\n' + ",\n".join(json.dumps(asdict(count)) for count in known[name]) + "\n]" for name in newest_first]
    calls = DOCS / "calls" / f"{release}.md"
    calls.parent.mkdir(exist_ok=True)
    texts = {RECORD: "{\n" + ",\n".join(releases) + "\n}\n", calls: _calls(release, counted, table)}
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    shown = shown_documents(recorded())
    for path, text in shown.items():
        path.write_text(text, "utf-8")
    return [str(path.relative_to(ROOT)) for path in (*texts, *shown)]


def shown_documents(known: Mapping[str, Sequence[Count]]) -> dict[Path, str]:
    """The whole text of each document that shows the newest release of the record, by its path. Raises ValueError without the marks."""
    newest, counted = next(iter(known.items()))
    before, start, rest = README.read_text("utf-8").partition(_MARKS[0])
    _, end, after = rest.partition(_MARKS[1])
    if not end:
        raise ValueError(f"{README.name} has no table to write: it needs a line {_MARKS[0].strip()} and, below it, {_MARKS[1].strip()}")
    table = "\n".join(family_markdown(counted, newest)) + "\n"
    return {README: before + start + table + end + after, PICTURE: picture(counted, newest)}


def _calls(release: str, counted: Sequence[Count], table: Sequence[Block]) -> str:
    ours, theirs = total(count.fork for count in counted), total(count.upstream for count in counted)
    lines = [
        f"# Every call with an OAuth token, on {release}",
        "",
        f"Written by `make readme RELEASE={release}`, which makes each call and asks the stand-in what arrived. A call is one call path",
        "with the token from one source. Each entry says which credentials went out, and how Anthropic, or LiteLLM itself, answered. With",
        "`configured key`, the API key of whoever set LiteLLM up, the call works and they pay. (Credentials and the beta are looked at",
        "here; the suites compare whole sets of headers.)",
        "",
        f"The fork is right on {ours[RIGHT_FATE]} of {ours.total()} calls, upstream {release} on {theirs[RIGHT_FATE]} of {theirs.total()}.",
        "",
        *path_markdown(table, release),
    ]
    return "\n".join(lines) + "\n"
