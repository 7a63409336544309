"""The page of `make report` shows every call, loads nothing, and can be used by eye in either light, by keyboard and by screen reader."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo.cells import CONFIGURED_KEY, NOTHING, RIGHT, Cell, Exchange
from demo.report import page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
SENT = Exchange("POST /v1/messages\nauthorization: Bearer <token>\n\n{}</script><b>", "200\n\n{}")
RELEASES = {
    "1.2.3": {
        "layers": [],
        "fork": {"calls": 4, "right": 4, "wrong": {}},
        "upstream": {"calls": 4, "right": 1, "wrong": {"a call": "401"}},
    },
    "1.2.2": {"layers": ["before-1.2.3"], "fork": None, "upstream": None, "reason": "it needs a thing that the index lacks"},
}
# Put at the end of a page: it uses the page as somebody at a keyboard does, and leaves what it saw in the title.
PROBE = """<script>
const saw = { wide: document.documentElement.scrollWidth > innerWidth, stops: boxes.filter((box) => box.tabIndex === 0).length };
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
boxes[0].focus();
press("ArrowRight"); saw.right = document.activeElement.getAttribute("aria-label");
press("ArrowDown"); saw.down = document.activeElement.getAttribute("aria-label");
document.activeElement.click();
saw.open = dialog.open && dialog.contains(document.activeElement);
saw.told = dialog.innerText;
dialog.close();
saw.back = document.activeElement.getAttribute("aria-label");
press("End"); saw.end = document.activeElement.getAttribute("aria-label");
document.getElementById("differs").click();
saw.rows = [...document.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility() && row.querySelector("button"))
  .map((row) => row.querySelector("th").innerText);
const linear = (part) => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
const light = (text) => {
  const [r, g, b] = text.match(/\\d+/g).map((part) => linear(part / 255));
  return .2126 * r + .7152 * g + .0722 * b;
};
const contrast = (ink, paper) => {
  const [dark, bright] = [light(ink), light(paper)].sort((one, other) => one - other);
  return (bright + .05) / (dark + .05);
};
const paper = getComputedStyle(document.body).backgroundColor;
saw.contrast = Math.min(
  ...[...document.querySelectorAll(".grid button, .sign")].map(getComputedStyle).map((box) => contrast(box.color, box.backgroundColor)),
  ...["p", "caption", "thead th"].map((each) => contrast(getComputedStyle(document.querySelector(each)).color, paper)));
document.title = JSON.stringify(saw);
</script>"""


def _page() -> str:
    def calls(path: str, came: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
        return [vars(Cell("SDK", path, path, source, sent, answer)) | {"exchanges": [vars(SENT)]} for source, sent, answer in came]

    right = [("api_key", RIGHT, "200"), ("extra_headers", RIGHT, "200")]
    billed = [("api_key", RIGHT, "200"), ("extra_headers", f"x-api-key: {CONFIGURED_KEY}", "200")]
    lost = [("api_key", "x-api-key: token", "401 invalid x-api-key"), ("extra_headers", NOTHING, "LiteLLM raises ValueError")]
    fork = [*calls("completion", right), *calls("responses", right), *calls("file_list", right)]
    upstream = [*calls("completion", right), *calls("responses", billed), *calls("file_list", lost)]
    return page([{"release": "1.2.3", "fork": fork, "upstream": upstream}], RELEASES)


class _Reader(HTMLParser):
    """What a program sees of a page: its tags with their attributes, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def test_every_call_is_a_button_that_says_what_it_is() -> None:
    """A screen reader hears call path, source, side and what became of it, in order, and what a release came to."""
    labels = [attributes["aria-label"] for tag, attributes in _Reader(_page()).tags if tag == "button" and "data-call" in attributes]
    assert labels == [
        "completion, api_key, this fork: right",
        "completion, extra_headers, this fork: right",
        "completion, api_key, upstream 1.2.3: right",
        "completion, extra_headers, upstream 1.2.3: right",
        "responses, api_key, this fork: right",
        "responses, extra_headers, this fork: right",
        "responses, api_key, upstream 1.2.3: right",
        "responses, extra_headers, upstream 1.2.3: billed to the configured key",
        "file_list, api_key, this fork: right",
        "file_list, extra_headers, this fork: right",
        "file_list, api_key, upstream 1.2.3: refused by Anthropic",
        "file_list, extra_headers, upstream 1.2.3: not sent",
        "release 1.2.3, this fork: right on 4 of 4 calls",
        "release 1.2.3, upstream 1.2.3: right on 1 of 4 calls",
        "release 1.2.2, this fork: not run: it needs a thing that the index lacks",
        "release 1.2.2, upstream 1.2.2: not run: it needs a thing that the index lacks",
    ]


def test_the_page_loads_nothing_and_holds_each_request() -> None:
    """It is one file: no address is fetched, the browser is told so, and no request can end the script that holds it."""
    text = _page()
    read = _Reader(text)
    assert not [attributes for tag, attributes in read.tags if tag in ("link", "img", "iframe") or "src" in attributes]
    assert "default-src 'none'" in text and not re.search(r"url\(|@import|fetch\(|https?://", text)
    details = json.loads(read.scripts[0])
    assert details[0]["exchanges"] == [{"request": SENT.request, "answer": SENT.answer}]
    assert details[11]["outcome"] == f"{NOTHING} -> LiteLLM raises ValueError"
    assert details[13]["exchanges"] == [{"request": "a call", "answer": "401"}]


def _browser(tmp_path: Path, *arguments: str) -> str:
    assert CHROMIUM is not None
    folder = tmp_path / "browser"
    switches = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--window-size=1000,800"]
    command = [CHROMIUM, *switches, *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "paper"), [(1, (255, 255, 255)), (0, (13, 17, 23))], ids=["light", "dark"])
def test_the_page_is_drawn_in_the_light_that_is_asked_for(tmp_path: Path, scheme: int, paper: tuple[int, int, int]) -> None:
    """A screenshot shows the paper of the scheme, and on it something in the colour of what is right."""
    path, shot = tmp_path / "report.html", tmp_path / "shot.png"
    path.write_text(_page(), "utf-8")
    _browser(tmp_path, f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={shot}", path.as_uri())
    with Image.open(shot) as drawn:
        image = drawn.convert("RGB")
    assert image.getpixel((0, 0)) == paper
    drawn_in = {color: count for count, color in image.getcolors(image.width * image.height)}
    assert drawn_in[10, 110, 92] > 1000


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("scheme", [1, 0], ids=["light", "dark"])
def test_the_page_is_used_by_keyboard(tmp_path: Path, scheme: int) -> None:
    """Arrows move between boxes, one of which takes the tab; a box opens with what went out, closes back to it, and all can be read."""
    path = tmp_path / "report.html"
    path.write_text(_page().replace("</body>", f"{PROBE}</body>"), "utf-8")
    shown = _browser(tmp_path, f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", path.as_uri())
    saw = json.loads(unescape(re.findall(r"<title>(.*?)</title>", shown, re.DOTALL)[0]))
    box = "responses, extra_headers, this fork: right"
    assert (saw["wide"], saw["stops"], saw["right"], saw["down"]) == (False, 1, "completion, extra_headers, this fork: right", box)
    assert saw["open"] and "authorization: Bearer <token>" in saw["told"] and f"right: {RIGHT} -> 200" in saw["told"]
    assert (saw["back"], saw["end"].partition(",")[0]) == (box, "release 1.2.2")
    assert saw["rows"] == ["responses", "file_list", "1.2.3", "1.2.2"]
    assert saw["contrast"] >= 4.5
