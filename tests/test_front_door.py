"""The documents show what the commands print and lead somewhere, and the demo's verdict depends on what went out."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from demo.calls import family_of, sent
from demo.cells import CONFIGURED_KEY, NOTHING, RIGHT, Cell, Row, blocks, masked, right
from demo.documents import recorded, shown_documents
from demo.families import BILLED, BROKEN, FAMILIES, NOT_SENT, REFUSED, RIGHT_FATE, Count, counts, fate, place
from demo.picture import picture
from demo.proxy import CURL
from demo.tables import family_rows
from tests.support.call_paths import CALL_PATHS
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Request
from tests.support.proxy_routes import PASS_THROUGH_FILES, ROUTES

ROOT = Path(__file__).resolve().parent.parent
TOKEN, KEY, LITELLM_KEY = oauth_token(), api_key(), "sk-" + oauth_token()[-20:]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BEARER, BETA = ("Authorization", f"Bearer {TOKEN}"), ("anthropic-beta", "a, oauth-2025-04-20")


def test_the_readme_shows_the_call_that_make_proxy_prints() -> None:
    """Who copies the call from the README copies the one that was tried."""
    assert f"```sh\n{CURL.format(port=4000)}\n```" in (ROOT / "README.md").read_text("utf-8")


def test_the_readme_is_two_minutes_whose_first_command_comes_first() -> None:
    """A newcomer finds what to type without scrolling, and the end without giving up."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 120
    assert any(line.startswith("make demo") for line in lines[:25])


def test_every_target_the_documents_name_exists() -> None:
    """No document sends a reader to a target that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "".join(path.read_text("utf-8") for path in (*DOCUMENTS, ROOT / ".ci/run"))
    named = set(re.findall(r"(?:`|^ *)make ([a-z][a-z-]*)(?=[` \n])", text, re.MULTILINE))
    assert {"demo", "proxy", "test-unit"} <= named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """What a document links to is there: the file, and the heading in it."""
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:", link)]
    assert [link for link in links if not _leads_somewhere(document, link)] == []


def _leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
    return anchor in [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def test_the_readme_and_its_picture_show_what_is_recorded() -> None:
    """No figure of theirs was written by hand: both come from docs/calls.json, which `make readme` measures."""
    for path, text in shown_documents(recorded()).items():
        assert path.read_text("utf-8") == text, f"{path.name} is not what `make readme` writes"


def test_the_long_tables_say_what_is_recorded() -> None:
    """docs/calls/ and docs/calls.json come from the same calls."""
    for release, counted in recorded().items():
        right_of = [sum(getattr(count, side).get(RIGHT_FATE, 0) for count in counted) for side in ("fork", "upstream")]
        made = sum(sum(count.fork.values()) for count in counted)
        verdict = f"The fork is right on {right_of[0]} of {made} calls, upstream {release} on {right_of[1]} of {made}."
        assert verdict in (ROOT / "docs" / "calls" / f"{release}.md").read_text("utf-8")


def test_the_patch_notes_are_two_pages_whose_links_lead_somewhere() -> None:
    """Who wants to know what the fork changes reads them whole, and finds each file and test they name."""
    text = (ROOT / "PATCH_NOTES.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not (ROOT / link).is_file()] == []
    assert "tests/wire/test_matrix.py" in links
    assert text.count("\n") <= 120


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ([BEARER, BETA], RIGHT),
        ([BEARER], "Bearer token, no beta"),
        ([BEARER, ("anthropic-beta", "oauth-2025-04-20,oauth-2025-04-20")], "Bearer token, no beta"),
        ([BEARER, BETA, ("X-Api-Key", KEY)], "Bearer token and x-api-key: configured key"),
        ([BEARER, BEARER, BETA], "Bearer of another kind"),
        ([BEARER, BETA, ("x-litellm-api-key", LITELLM_KEY)], f"{RIGHT} and the LiteLLM key"),
        ([("x-api-key", TOKEN)], "x-api-key: token"),
        ([], "no credential"),
    ],
)
def test_a_request_is_named_by_all_credentials_it_carries(headers: list[tuple[str, str]], name: str) -> None:
    """Only the token as the one bearer with its beta and nothing beside it has the name that counts as right."""
    assert sent(Request("POST", "/v1/messages", tuple(headers), b""), TOKEN, KEY, LITELLM_KEY) == name


def test_a_call_is_right_only_if_it_was_also_answered() -> None:
    """What went out has to be right, and so has the answer; the table keeps apart what happened differently."""
    good = Cell("SDK", "completion", "completion", "api_key", RIGHT, "200")
    refused = Cell("SDK", "completion", "acompletion", "api_key", RIGHT, "401 OAuth access token is invalid.")
    assert right([good, refused]) == 1
    (block,) = blocks([good, refused], [good])
    assert block.rows == (Row("api_key", f"{RIGHT} -> 200", f"{RIGHT} -> 200"), Row("api_key", refused.outcome, "not made"))


def test_every_call_has_a_family() -> None:
    """Each path of the table and each route of the proxy is counted in one place; a new one has to be given its own."""
    places = {place(Cell("SDK", family_of(path), "", "", "", "")) for path in CALL_PATHS}
    assert places == {(family, part) for family, parts in FAMILIES.items() for part, (kind, _) in parts.items() if kind == "SDK"}
    for route in (*ROUTES, *PASS_THROUGH_FILES):
        assert place(Cell("proxy", route.name.removesuffix(" streamed"), "", "", "", ""))[0].startswith("Proxy: ")
    with pytest.raises(LookupError, match="'telepathy' belongs to no family"):
        place(Cell("SDK", "telepathy", "", "", "", ""))


@pytest.mark.parametrize(
    ("went_out", "answer", "name"),
    [
        (RIGHT, "200", RIGHT_FATE),
        (RIGHT, "401 OAuth access token is invalid.", REFUSED),
        ("x-api-key: token", "401 invalid x-api-key", REFUSED),
        (f"Bearer token and x-api-key: {CONFIGURED_KEY}", "200", BILLED),
        (NOTHING, "LiteLLM raises ValueError", NOT_SENT),
        (RIGHT, "200 / the proxy answers in another shape", BROKEN),
    ],
)
def test_what_became_of_a_call_has_one_name(went_out: str, answer: str, name: str) -> None:
    """A call that the configured key paid for is told from one that was refused, one that was not sent, and one whose answer was lost."""
    assert fate(Cell("SDK", "completion", "completion", "api_key", went_out, answer)) == name


def test_calls_are_counted_by_family_and_source() -> None:
    """The short table adds up, and what only the fork sent counts as not sent by upstream."""
    streamed = Cell("SDK", "completion", "completion streamed", "api_key", RIGHT, "200")
    plain = Cell("SDK", "completion", "completion", "api_key", RIGHT, "200")
    billed = Cell("SDK", "completion", "completion", "api_key", f"x-api-key: {CONFIGURED_KEY}", "200")
    counted = counts([streamed, plain], [billed])
    family = "Python: chat, messages, responses"
    assert counted == [Count(family, "completion", "api_key", {RIGHT_FATE: 2}, {BILLED: 1, NOT_SENT: 1})]
    (row,) = family_rows(counted)
    assert " ".join(row.split()) == f"{family} 2 of 2 0 of 2 1 billed to the configured key, 1 not sent"


def test_the_picture_is_a_document_that_tells_its_figures() -> None:
    """Who cannot see it is told the totals, and who cannot tell the colours apart finds a sign in each box."""
    counted = [Count("Python: chat, messages, responses", "completion", "api_key", {RIGHT_FATE: 2}, {BILLED: 1, RIGHT_FATE: 1})]
    root = ElementTree.fromstring(picture(counted, "1.2.3"))
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith(("}desc", "}text"))]
    assert texts[0].startswith("Of 2 calls with an OAuth token, this fork is right on 2 and LiteLLM 1.2.3 on 1.")
    boxes = [node for node in root.iter() if node.tag.endswith("}rect") and node.get("class") in ("right", "billed")]
    assert [texts.count(sign) for sign in ("✓", "$")] == [3, 2] and len(boxes) == 5  # with the legend's


def test_what_people_read_holds_no_credential() -> None:
    """Each credential is shown by its name, and what only looks like one not at all."""
    other = oauth_token()
    text = f"Authorization: Bearer {TOKEN}\nx-api-key: {KEY}\nand {other}"
    assert (
        masked(text, {TOKEN: "token", KEY: CONFIGURED_KEY})
        == f"Authorization: Bearer <token>\nx-api-key: <{CONFIGURED_KEY}>\nand <credential>"
    )
