"""The README shows what the commands print, and the demo's verdict depends on what went out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo.calls import sent
from demo.cells import RIGHT, Cell, Row, blocks, right
from demo.proxy import CURL
from tests.support.credentials import api_key, oauth_token
from tests.support.origin import Request

ROOT = Path(__file__).resolve().parent.parent
TOKEN, KEY, LITELLM_KEY = oauth_token(), api_key(), "sk-" + oauth_token()[-20:]
BEARER, BETA = ("Authorization", f"Bearer {TOKEN}"), ("anthropic-beta", "a, oauth-2025-04-20")


def test_the_readme_shows_the_call_that_make_proxy_prints() -> None:
    """Who copies the call from the README copies the one that was tried."""
    assert f"```sh\n{CURL.format(port=4000)}\n```" in (ROOT / "README.md").read_text("utf-8")


def test_every_target_the_documents_name_exists() -> None:
    """No document sends a reader to a target that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "".join((ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md", ".ci/run"))
    named = set(re.findall(r"(?:`|^ *)make ([a-z][a-z-]*)(?=[` \n])", text, re.MULTILINE))
    assert {"demo", "proxy", "test-unit"} <= named <= targets


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
