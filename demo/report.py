"""Write what the demo recorded as one page to look at: `make report`.

    python -m demo.report [--out FILE] FOLDER

FOLDER has a file for each release, as `python -m demo --record` writes it; docs/releases.json gives the heat map of all releases that were
tried. The page is one file without anything to load: it opens from a disk, in a light and a dark room, by keyboard and by screen reader.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from demo.cells import Cell, right
from demo.families import BILLED, BROKEN, FAMILIES, FATES, NOT_SENT, REFUSED, RIGHT_FATE, fate, place
from demo.sides import ROOT

_HERE: Final = Path(__file__).resolve().parent
RELEASES: Final = ROOT / "docs" / "releases.json"
# fate -> (CSS class, what stands in the cell): neither colour nor sign alone has to tell them apart.
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    RIGHT_FATE: ("right", "✓"),
    REFUSED: ("refused", "401"),
    BILLED: ("billed", "$"),
    NOT_SENT: ("lost", "–"),
    BROKEN: ("broken", "?"),
}
_STEPS: Final = 5
_Record = Mapping[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demo.report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("records", metavar="FOLDER", type=Path, help="where the records of `python -m demo --record` are")
    parser.add_argument("--out", metavar="FILE", type=Path, default=ROOT / "build" / "report.html", help="the page (default: %(default)s)")
    options = parser.parse_args()
    records = [json.loads(path.read_text("utf-8")) for path in options.records.glob("*.json")]
    if not records:
        parser.error(f"{options.records} has no record of a release: `make report` makes one")
    records.sort(key=lambda record: [int(part) for part in record["release"].split(".")], reverse=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(records, json.loads(RELEASES.read_text("utf-8"))), "utf-8")
    print(f"Written: {options.out.as_uri()}")
    return 0


def page(records: Sequence[_Record], releases: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page. records: of one release each, the newest first. releases: what docs/releases.json holds."""
    details: list[dict[str, object]] = []
    calls = [line for record in records for line in _release(record, details)]
    reach = [*_heat_map(releases, details)]
    words = {
        "style": (_HERE / "report.css").read_text("utf-8"),
        "script": (_HERE / "report.js").read_text("utf-8"),
        # A script ends at the first of these, whatever it stands in.
        "details": json.dumps(details).replace("</", "<\\/"),
        "legend": "".join(_legend()),
        "calls": "\n".join(calls),
        "reach": "\n".join(reach),
    }
    text = (_HERE / "report.html").read_text("utf-8")
    for name, value in words.items():
        text = text.replace(f"<!--{name}-->", value)
    return text


def _release(record: _Record, details: list[dict[str, object]]) -> Iterator[str]:
    """One release: what became of each call, by call path and source, the fork beside upstream."""
    fork, upstream = ([Cell.read(cell) for cell in record[side]] for side in ("fork", "upstream"))
    name = escape(record["release"])
    yield f"<details open><summary><h3>Release {name}</h3></summary>"
    yield f"<p>This fork is right on {right(fork)} of {len(fork)} calls, upstream on {right(upstream)} of {len(upstream)}.</p>"
    for kind, title in (("SDK", "Python: where the token stands"), ("proxy", "Proxy: where the LiteLLM key stands, or which client calls")):
        yield from _table(title, record["release"], [cell for cell in fork if cell.kind == kind], upstream, details)
    yield "</details>"


def _table(title: str, release: str, ours: Sequence[Cell], theirs: Sequence[Cell], details: list[dict[str, object]]) -> Iterator[str]:
    sources = list(dict.fromkeys(cell.source for cell in ours))
    sides = (("this fork", {cell.key: cell for cell in ours}), (f"upstream {release}", {cell.key: cell for cell in theirs}))
    yield f'<div class="scroll"><table class="grid"><caption>{escape(title)}</caption><thead><tr><td></td>'
    yield "".join(f'<th scope="colgroup" colspan="{len(sources)}">{escape(side)}</th>' for side, _ in sides) + "</tr><tr><td></td>"
    headings = [escape(source).replace("_", "_<wbr>") for source in sources]
    yield "".join(f'<th scope="col">{heading}</th>' for _ in sides for heading in headings) + "</tr></thead>"
    for family in FAMILIES:
        paths = dict.fromkeys(cell.path for cell in ours if place(cell)[0] == family)
        if paths:
            yield f'<tbody><tr><th scope="rowgroup" class="family" colspan="{1 + 2 * len(sources)}">{escape(family)}</th></tr>'
            for path in paths:
                cells = [(side, source, known.get((ours[0].kind, path, source))) for side, known in sides for source in sources]
                differs = ' class="differs"' if any(cell is not None and not cell.is_right for _, _, cell in cells) else ""
                yield f'<tr{differs}><th scope="row">{escape(path)}</th>' + "".join(_box(*each, path, details) for each in cells) + "</tr>"
            yield "</tbody>"
    yield "</table></div>"


def _box(side: str, source: str, cell: Cell | None, path: str, details: list[dict[str, object]]) -> str:
    """One call as a button, and what it shows among the details."""
    if cell is None:
        return "<td></td>"
    kind, sign = _SIGNS[fate(cell)]
    exchanges = [{"request": each.request, "answer": each.answer} for each in cell.exchanges]
    told: dict[str, object] = {
        "title": f"{path}, {source}, {side}",
        "fate": fate(cell),
        "outcome": cell.outcome,
        "exchanges": exchanges,
        "back": cell.came_back,
    }
    details.append(told)
    label = escape(f"{path}, {source}, {side}: {fate(cell)}")
    return f'<td><button class="{kind}" data-call="{len(details) - 1}" aria-label="{label}">{sign}</button></td>'


def _heat_map(releases: Mapping[str, Mapping[str, Any]], details: list[dict[str, object]]) -> Iterator[str]:
    """Every release that was tried: on how many calls each side is right, the darker the more."""
    yield '<div class="scroll"><table class="grid heat"><caption>Calls that came out right, by release</caption><thead><tr>'
    yield "".join(f'<th scope="col">{heading}</th>' for heading in ("release", "this fork", "upstream", "layers")) + "</tr></thead><tbody>"
    for release, tried in releases.items():
        yield f'<tr><th scope="row">{escape(release)}</th>'
        for side, title in (("fork", "this fork"), ("upstream", f"upstream {release}")):
            yield _heat(release, title, tried.get(side), str(tried.get("reason", "")), details)
        yield f"<td>{escape(', '.join(tried.get('layers', ())) or 'none')}</td></tr>"
    yield "</tbody></table></div>"


def _heat(release: str, side: str, tally: Mapping[str, Any] | None, reason: str, details: list[dict[str, object]]) -> str:
    """A side of a release: how many calls were right, or that there were none and why."""
    made, well = (int(tally.get(name, 0)) for name in ("calls", "right")) if tally else (0, 0)
    wrong: Iterable[tuple[str, str]] = dict(tally.get("wrong") or {}).items() if tally else ()
    outcome = f"right on {well} of {made} calls" if made else f"not run: {reason or 'no reason is recorded'}"
    listed = [{"request": call, "answer": came_of} for call, came_of in wrong]
    details.append({"title": f"Release {release}, {side}", "fate": outcome, "outcome": reason, "exchanges": listed, "back": ""})
    step = f"step{(_STEPS * well) // made}" if made else "none"
    shown = f"{well} of {made}" if made else "not run"
    label = escape(f"release {release}, {side}: {outcome}")
    return f'<td><button class="{step}" data-call="{len(details) - 1}" aria-label="{label}">{shown}</button></td>'


def _legend() -> Iterator[str]:
    for name in FATES:
        kind, sign = _SIGNS[name]
        yield f'<li><span class="sign {kind}" aria-hidden="true">{sign}</span> {escape(name)}</li>'


if __name__ == "__main__":
    sys.exit(main())
