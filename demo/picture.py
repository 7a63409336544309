"""What the demo measured as a picture: call paths down, sources of the token across, the fork beside upstream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from demo.families import BILLED, BROKEN, FATES, NOT_SENT, REFUSED, RIGHT_FATE, Count, total

# fate -> (CSS class, what stands in the cell): neither colour nor sign alone has to tell them apart.
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    RIGHT_FATE: ("right", "✓"),
    REFUSED: ("refused", "401"),
    BILLED: ("billed", "$"),
    NOT_SENT: ("lost", "–"),
    BROKEN: ("broken", "?"),
}
# source -> the two lines above its column.
_HEADINGS: Final[Mapping[str, tuple[str, str]]] = {
    "api_key": ("api_key", ""),
    "ANTHROPIC_AUTH_TOKEN": ("AUTH_", "TOKEN"),
    "extra_headers": ("extra_", "headers"),
    "extra_headers, a key configured": ("headers", "+ own key"),
    "Authorization, LiteLLM key in x-litellm-api-key": ("x-litellm-", "api-key"),
    "Authorization, LiteLLM key in x-api-key": ("x-api-", "key"),
    "auth_token of the anthropic client": ("anthropic", "client"),
}
_PANELS: Final = {"Python": "where the token stands", "Proxy": "Authorization has the token, the LiteLLM key is in"}
_LABELS, _CELL, _LINE, _GAP, _MARGIN = 206, 60, 22, 20, 12
_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.paper { fill: #ffffff } .faint { fill: #59636e } .title { font-weight: 600 }
.right { fill: #0a6e5c } .refused { fill: #b34700 } .billed { fill: #8a3ab0 } .lost { fill: #6a7079 } .broken { fill: #8c6d00 }
.sign { fill: #ffffff; font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .paper { fill: #0d1117 } .faint { fill: #9198a1 }
}
"""


def picture(counted: Sequence[Count], release: str) -> str:
    """An SVG document, the same bytes for the same counts."""
    columns = max(len(_sources(counted, panel)) for panel in _PANELS)
    width = _MARGIN * 2 + _LABELS + 2 * columns * _CELL + _GAP
    body: list[str] = []
    y = _MARGIN
    for panel, what in _PANELS.items():
        lines, y = _panel(counted, panel, what, release, y)
        body += lines
    ours, theirs = (total(getattr(count, side) for count in counted) for side in ("fork", "upstream"))
    body += _legend([fate for fate in FATES if ours[fate] or theirs[fate]], y)
    height = y + _LINE + _MARGIN
    told = (
        f"Of {ours.total()} calls with an OAuth token, this fork is right on {ours[RIGHT_FATE]} and LiteLLM {release} on "
        f"{theirs[RIGHT_FATE]}. docs/calls/{release}.md has the same as a table."
    )
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
            '<title id="t">What becomes of an OAuth token, call path by call path</title>',
            f'<desc id="d">{escape(told)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
            *body,
            "</svg>\n",
        ]
    )


def _panel(counted: Sequence[Count], panel: str, what: str, release: str, y: int) -> tuple[list[str], int]:
    """The heading and the rows of one panel from y down, and where it ends."""
    sources = _sources(counted, panel)
    sides = [("this fork", "fork", _MARGIN + _LABELS), (f"upstream {release}", "upstream", _MARGIN + _LABELS + len(sources) * _CELL + _GAP)]
    lines = [_text(_MARGIN, y + 16, f"{panel}: {what}", "faint")]
    y += _LINE
    for title, _, x in sides:
        lines.append(_text(x, y + 14, title, "title"))
        for number, source in enumerate(sources):
            for row, part in enumerate(_HEADINGS[source]):
                lines.append(_text(x + number * _CELL + _CELL // 2 - 2, y + 31 + 13 * row, part, "faint", "middle"))
    y += 54
    for family in dict.fromkeys(count.family for count in counted if count.family.startswith(panel)):
        for part in dict.fromkeys(count.part for count in counted if count.family == family):
            lines.append(_text(_MARGIN, y + 15, part))
            for _, side, x in sides:
                for count in (count for count in counted if (count.family, count.part) == (family, part)):
                    lines += _cell(x + sources.index(count.source) * _CELL, y, Counter(getattr(count, side)))
            y += _LINE
        y += 4
    return lines, y + 10


def _cell(x: int, y: int, tally: Counter[str]) -> Iterator[str]:
    """A box that is split by how many calls had which fate, each share with its sign where there is room for one."""
    width, made, done = _CELL - 4, tally.total(), 0
    for fate in FATES:
        if not tally[fate]:
            continue
        kind, sign = _SIGNS[fate]
        left, right = x + width * done // made, x + width * (done + tally[fate]) // made
        done += tally[fate]
        yield f'<rect class="{kind}" x="{left}" y="{y}" width="{right - left}" height="{_LINE - 3}"/>'
        if right - left > 8 * len(sign):
            yield _text((left + right) // 2, y + 14, sign, "sign", "middle")


def _legend(fates: Sequence[str], y: int) -> Iterator[str]:
    x = _MARGIN
    for fate in fates:
        kind, sign = _SIGNS[fate]
        yield f'<rect class="{kind}" x="{x}" y="{y}" width="30" height="{_LINE - 3}"/>'
        yield _text(x + 15, y + 14, sign, "sign", "middle")
        yield _text(x + 36, y + 14, fate)
        x += 52 + 6 * len(fate)


def _sources(counted: Sequence[Count], panel: str) -> list[str]:
    return list(dict.fromkeys(count.source for count in counted if count.family.startswith(panel)))


def _text(x: int, y: int, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>' if words else ""
