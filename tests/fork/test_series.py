"""The overlay as patches for upstream: what each brings, that git takes them, and what is refused."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from fork.parts import Parts
from fork.patch import merge_release
from fork.proof import require_applies
from fork.pulls import load_pulls
from fork.release import ROOT, load_release, pinned
from fork.series import Step, author, mail, request, steps
from fork.source import Source
from fork.upstream import open_wheel

from . import type_discipline
from .checkouts import INTENT, MODULES, WHY, Checkout

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not on the path")
GREETS = "def test_greets() -> None:\n    from litellm.a import greet\n\n    assert greet() == 'Goodbye!'\n"
# The rules of upstream's ruff-strict.toml.
STRICT = (
    "ANN,ASYNC230,B004,B006,B008,B009,B010,B018,B019,B021,B026,B033,BLE,C401,C404,C405,C408,C414,C419,C901,D419,DTZ001,DTZ003,DTZ005,DTZ006,"
    "DTZ007,DTZ011,EXE001,EXE002,F401,FURB136,FURB168,FURB188,I001,LOG015,N999,PERF102,PERF401,PERF402,PERF403,PIE790,PIE800,PIE804,PIE810,"
    "PLC0206,PLC0208,PLC0414,PLR0124,PLR0206,PLR0402,PLR1704,PLR1711,PLR1714,PLR1730,PLR2044,PLW0127,PLW0133,PLW0602,PLW0603,PLW1508,"
    "PLW1510,PYI030,PYI036,PYI041,PYI064,RET501,RET504,RUF010,RUF012,RUF015,RUF019,RUF022,RUF023,RUF046,RUF051,RUF059,S110,S112,SIM101,SIM102,"
    "SIM103,SIM113,SIM114,SIM115,SIM117,SIM118,SIM201,SIM210,SIM211,SIM222,SIM401,TC004,TC005,TID251,TRY002,TRY004,TRY201,TRY203,TRY300,UP006,"
    "UP007,UP008,UP012,UP018,UP024,UP028,UP031,UP032,UP034,UP035,UP036,UP037,UP045"
)
# What its TID251 bans: of `typing` also where it comes from `typing_extensions`; the others are to be had from where a call is dispatched.
BANNED = [
    *(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("Any", "cast", "TypeGuard", "TypeIs")),
    *(f"typing.{name}" for name in ("List", "Dict", "Set", "MutableSequence", "MutableMapping")),
    *(f"litellm.{name}" for name in ("main.completion", "main.acompletion", "responses.main.responses", "responses.main.aresponses")),
    *(f"litellm.{name}" for name in ("ocr.main.ocr", "ocr.main.aocr")),
    *(f"litellm.llms.anthropic.experimental_pass_through.messages.handler.anthropic_messages{end}" for end in ("", "_handler")),
]
PULL = "# fix(a): say {slug}\n\nIntent: {intent}\n{more}Tests: tests/test_{slug}.py\n\nSaid {slug} before.\n\n## TLDR\n\n{slug}\n"
TOOLBOX = f"""{WHY}
import os
from typing import (
    Any,
    Final,
)

MARK: Final = "!"


def marked(text: str) -> str:
    return text + MARK


# What is said of a name.
def named(name: Any) -> str:
    return marked(f"I am {{name}} on {{os.name}}")


def idle() -> None:
    pass
"""


@pytest.fixture
def series(tmp_path: Path) -> Checkout:
    """A made-up checkout with two patches of one intent: the second uses more of the module that both use."""
    others = {"litellm/b.py": b"def greet():\n    return 1\n", "litellm/c.py": b"class Kept:\n    def one(self):\n        return 1\n"}
    checkout = Checkout(tmp_path / "checkout", {**MODULES, **others})
    checkout.write("litellm/toolbox.py", TOOLBOX)
    use = "from litellm.toolbox import {}\n\n\ndef {}():\n    return {}\n"
    both = "from litellm.toolbox import marked, named\n\n\ndef greet():\n    return marked('Goodbye')\n\n\n"
    both += "def other():\n    return named('other')\n"
    checkout.write("litellm/a.py", f"{WHY}\n{both}")
    checkout.write("litellm/b.py", f"{WHY}\n{use.format('marked', 'greet', 'marked(str(3))')}")
    checkout.write("upstream/request.md", "Why: {{TLDR}}\n\n{{changes}}\n\n## Issues\n\n{{issues}}\n\n## Rest\n\n{{needs}} {{tests}}\n")
    checkout.write("upstream/1-goodbye.md", PULL.format(slug="goodbye", intent="example", more="Takes: litellm/a.py: greet\n"))
    checkout.write("upstream/2-more.md", PULL.format(slug="more", intent="example", more="Fixes: #7, #8\n"))
    checkout.write("tests/test_goodbye.py", GREETS)
    checkout.write("tests/test_more.py", GREETS.replace("greet", "other").replace("'Goodbye!'", "'I am other on posix!'"))
    content = json.loads((checkout.root / "fork.json").read_bytes())
    checkout.write("fork.json", json.dumps({**content, "author": "A Person <person@example.invalid>"}))
    checkout.fork("pin")
    return checkout


def _written(checkout: Checkout, *arguments: str) -> dict[str, str]:
    checkout.fork("series", "out", *arguments)
    return {file.name: file.read_text() for file in sorted((checkout.root / "out").iterdir())}


def _added(patch: str) -> str:
    return "\n".join(line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++"))


@needs_git
def test_a_patch_brings_what_its_touches_use_and_no_more(series: Checkout) -> None:
    """Of a module of the fork's, the first patch has the definitions and imports that it needs, and the second what was left."""
    first, second = (_added(text) for name, text in _written(series).items() if name.endswith(".patch"))
    assert "def marked(" in first and "MARK: Final" in first and "from typing import Final\n" in first
    assert "named" not in first and "import os" not in first and "idle" not in first and "def other" not in first
    assert "# What is said of a name.\ndef named(" in second and "def idle(" in second and "import os" in second
    assert "def marked(" not in second


@needs_git
def test_a_method_that_is_added_comes_with_its_class(series: Checkout) -> None:
    """Where a module is handed on whole, a method that a touch adds to a class of upstream's in it is none of its definitions."""
    series.write("litellm/c.py", f"{WHY}\n\nclass Kept:\n    def two(self):\n        return 2\n")
    series.write("litellm/b.py", f"{WHY}\nfrom litellm import c\n\n\ndef greet():\n    return str(c)\n")
    series.fork("pin")
    first, second = (_added(text) for name, text in _written(series).items() if name.endswith(".patch"))
    assert "def two(self)" in second and "two" not in first


@needs_git
def test_a_patch_is_a_mail_with_subject_reason_and_issues(series: Checkout) -> None:
    """Author, date and commit are the same wherever and whenever it is written, and blobs are named in full."""
    patch = _written(series)["0002-more.patch"]
    head, _, diff = patch.partition("---\n")
    assert head == (
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n"
        "From: A Person <person@example.invalid>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: [PATCH 2/2] fix(a): say more\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
        "Said more before.\n\nFixes #7\nFixes #8\n"
    )
    assert re.findall(r"^index (.*)$", diff, re.MULTILINE)
    assert all(re.fullmatch(r"[0-9a-f]{40}\.\.[0-9a-f]{40}( 100644)?", blobs) for blobs in re.findall(r"^index (.*)$", diff, re.MULTILINE))


@needs_git
def test_a_request_says_what_is_changed_and_what_it_stands_on(series: Checkout) -> None:
    """The frame that all have in common is filled with each patch's own; a heading with nothing below it is left out."""
    texts = _written(series)
    assert "## Issues" not in texts["0001-goodbye.md"] and "## Issues\n\nFixes #7\nFixes #8\n" in texts["0002-more.md"]
    assert texts["0001-goodbye.md"].startswith("Why: goodbye\n\n- `litellm/a.py`: `greet` (replaced)\n- `litellm/toolbox.py` (new): ")
    assert "It stands on no other change." in texts["0001-goodbye.md"]
    assert "It stands on `fix(a): say goodbye`." in texts["0002-more.md"]


@needs_git
def test_a_second_run_writes_the_same_bytes(series: Checkout) -> None:
    """Over an earlier series too, of which nothing is left that this one does not have."""
    first = _written(series)
    series.write("out/0009-old.patch", "")
    assert _written(series) == first
    assert (
        "From: Another <other@example.invalid>\n" in _written(series, "--author", "Another <other@example.invalid>")["0001-goodbye.patch"]
    )


@needs_git
def test_each_patch_is_tried_with_its_tests(series: Checkout) -> None:
    """With --prove the text says what the tests came to with the patch and without it."""
    assert "with this patch 1 passed; without it 1 failed" in _written(series, "--prove")["0002-more.md"]


@needs_git
@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def test_nothing() -> None:\n    assert True\n", "pass without it"),
        ("def test_nothing() -> None:\n    assert False\n", "fail with it"),
        ("import pytest\n\n\n@pytest.mark.skip\ndef test_nothing() -> None:\n    assert False\n", "fail with it"),
    ],
)
def test_a_test_that_proves_nothing_is_refused(series: Checkout, test: str, said: str) -> None:
    """One that passes without its patch, fails with it, or does not run: nothing is written."""
    series.write("tests/test_more.py", test)
    assert f"The tests of upstream/2-more.md {said}." in series.fork("series", "out", "--prove", code=1)
    assert not (series.root / "out").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("upstream/2-more.md", "Intent: example\n", "Intent: example\nTakes: litellm/b.py\n", "is in no patch of the series"),
        ("upstream/1-goodbye.md", "a.py: greet", "a.py: gone", "takes litellm/a.py: gone."),
        ("upstream/1-goodbye.md", "litellm/a.py", "litellm/gone.py", "takes litellm/gone.py."),
        ("upstream/1-goodbye.md", "Takes: litellm/a.py: greet\n", "", "upstream/1-goodbye.md has it already."),
        ("upstream/2-more.md", "Fixes:", "Takes: all else, litellm/a.py: greet\nFixes:", "upstream/1-goodbye.md has it already."),
        ("upstream/2-more.md", "test_more.py", "test_goodbye.py", "upstream/1-goodbye.md has it already."),
        ("upstream/2-more.md", "test_more.py", "test_gone.py", "There is no such file."),
        ("upstream/2-more.md", "Intent: example", "Intent: other", "intents.json declares: example."),
        ("upstream/2-more.md", "fix(a): say", "Say", "Its first line is no"),
        ("upstream/2-more.md", "say more", "say more" + " and more" * 8, "Its subject is longer than 72 characters."),
        ("upstream/2-more.md", "Said more before.", "Said:\n--- more", "would end the message for `git am`"),
        ("upstream/2-more.md", "## TLDR", "TLDR", "It has no section"),
        ("upstream/2-more.md", "## TLDR", "## Other", "has no section 'TLDR'"),
        ("fork.json", "person@example.invalid", "nobody", "Git takes `Name <mail@host>`"),
    ],
)
def test_what_cannot_be_used_is_refused(series: Checkout, file: str, old: str, new: str, said: str) -> None:
    """The message names the file and what is wrong with it, and nothing is written."""
    text = (series.root / file).read_text()
    assert old in text
    series.write(file, text.replace(old, new))
    assert said in series.fork("series", "out", code=1)
    assert not (series.root / "out").exists()


def test_a_folder_with_anything_else_in_it_is_left_alone(series: Checkout) -> None:
    """A series is written to a folder of its own."""
    file = series.write("out/notes.txt", "mine")
    assert "which is no patch of a series" in series.fork("series", "out", code=1)
    assert [each.name for each in (series.root / "out").iterdir()] == [file.name]


def test_a_file_with_carriage_returns_is_refused(series: Checkout) -> None:
    """`git am` takes them off a mail's lines, and could not apply it."""
    series.write("litellm/windows.py", f"{WHY}\n\ndef greet():\n    return 3\n")
    series.fork("pin")
    assert "litellm/windows.py has carriage returns" in series.fork("series", "out", code=1)


def test_an_intent_without_a_text_is_refused(series: Checkout) -> None:
    """Who adds an intent learns what text is missing."""
    series.write("intents.json", json.dumps([INTENT, {**INTENT, "slug": "new"}]))
    series.write("litellm/b.py", f"{WHY.replace('Intent: example', 'Intent: new')}\n\ndef greet():\n    return 3\n")
    assert "Write upstream/<number>-new.md with `Intent: new`" in series.fork("series", "out", code=1)


def test_parts_of_a_module_keep_their_comments_and_blank_lines() -> None:
    """What is left out leaves no gap behind, and what is kept is as it was."""
    parts = Parts(Source("toolbox.py", TOOLBOX.encode()))
    assert parts.only(parts.definitions) == TOOLBOX.encode()
    without = parts.only({"named"}).decode()
    assert (
        without
        == f"{WHY}\nimport os\nfrom typing import Any\n\n\n# What is said of a name.\ndef named("
        + TOOLBOX.partition("def named(")[2].partition("\n\n\ndef idle")[0].rstrip("\n")
        + "\n"
    )


def test_a_decorator_comes_with_the_patch_that_takes_it(series: Checkout) -> None:
    """What it stands on comes before, without it, and so does the import that only it uses."""
    series.write("litellm/toolbox.py", TOOLBOX + "\n\ndef same(function: Any) -> Any:\n    return function\n")
    text = "from litellm.toolbox import marked, named, same\n\n\n@same\n@staticmethod\ndef greet():\n    return marked('Goodbye')\n\n\n"
    series.write("litellm/a.py", f"{WHY}\n{text}def other():\n    return named('other')\n")
    more = "Takes: all else, litellm/a.py: @same\n"
    series.write("upstream/2-more.md", PULL.format(slug="more", intent="example", more=more))
    first, second = (_added(text) for name, text in _written(series).items() if name.endswith(".patch"))
    assert "@staticmethod\n" in first and "same" not in first
    assert "@same\n" in second and "def same(" in second and "@staticmethod" not in second


def test_a_decorator_apart_is_a_definition_of_its_own() -> None:
    """It uses what its name stands for, and what it stands on does not."""
    code = "from a import same\nfrom b import kept\n\n\n@same\n@kept\ndef one():\n    pass\n"
    parts = Parts(Source("one.py", code.encode()), {"same", "nowhere"})
    assert [*parts.definitions] == ["one", "@same"]
    assert (parts.uses("one"), parts.uses("@same")) == ({"b.kept"}, {"a.same"})
    assert parts.only({"one", "@same"}).decode() == code
    assert parts.only({"one"}).decode() == "from b import kept\n\n\n@kept\ndef one():\n    pass\n"


def test_a_name_that_only_text_says_is_a_use() -> None:
    """Annotations and casts may stand in quotes; a docstring's words are no uses."""
    code = "from typing import Any, cast\n\nimport os\nimport re\n\n\ndef one(a: 'os.PathLike') -> object:\n    'Not re.'\n"
    code += "    return cast('Any', a)\n\n\ntwo = re\n"
    parts = Parts(Source("one.py", code.encode()))
    assert parts.uses("one") == {"os.PathLike", "typing.Any", "typing.cast"}
    assert parts.only({"one"}).decode() == code.partition("\n\n\ntwo")[0].replace("import re\n", "") + "\n"


def _series_of(name: str | None) -> tuple[list[Step], dict[str, bytes], Mapping[str, bytes]]:
    release = load_release(name)
    with open_wheel(release) as wheel:
        found = steps(release, wheel)
        mails = {step.name: mail(step, len(found), author(None, ROOT)) for step in found}
        require_applies(found, mails, wheel)
        return found, mails, merge_release(release, wheel).files


@pytest.fixture(scope="module")
def newest() -> tuple[list[Step], dict[str, bytes], Mapping[str, bytes]]:
    return _series_of(None)


@needs_git
@pytest.mark.parametrize("name", [pinned()[0], "1.106.2", "1.81.3"])
def test_git_takes_the_series_of_a_release(name: str) -> None:
    """On the release's own files, in order; each patch gives the bytes it was made from, and all of them the fork."""
    found, _, files = _series_of(name)
    there = {path: data for step in found for path, data in step.after.items()}
    assert {path: there[path] for path in files} == files


@needs_git
def test_every_run_writes_the_series_with_the_same_bytes(newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]]) -> None:
    """Of the newest release, as of a made-up one, whatever order a set or a folder happens to be in."""
    with open_wheel(load_release(None)) as wheel:
        found = steps(load_release(None), wheel)
    assert {step.name: mail(step, len(found), author(None, ROOT)) for step in found} == newest[1]


@needs_git
def test_git_finds_its_way_in_a_tree_that_moved_on(
    newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]], tmp_path: Path
) -> None:
    """Where upstream has changed a touched file meanwhile, `git am -3` merges: it knows the blob that the patch was made for."""
    found, mails, _ = newest
    with open_wheel(load_release(None)) as wheel:
        path = next(path for path, data in found[0].before.items() if data is not None)
        for each, data in found[0].before.items():
            if data is not None:
                (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / each).write_bytes(wheel.read(each))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    commit = [[*git, "add", "."], [*git, "commit", "--quiet", "--message", "one"]]
    for command in [[*git, "init", "--quiet"], *commit]:
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
    # Ahead of the first lines that the patch needs for finding its place.
    (tmp_path / path).write_bytes(b"# Moved on.\n" * 40 + (tmp_path / path).read_bytes())
    for command in commit:
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
    done = subprocess.run([*git, "am", "-3"], cwd=tmp_path, env=env, input=mails[found[0].name], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / path).read_bytes() == b"# Moved on.\n" * 40 + found[0].after[path]


def test_tests_that_travel_need_nothing_of_this_repository(newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]]) -> None:
    """Every test in tests/test_litellm travels with one patch, or imports what stays here; those that travel do not."""
    travelling = {path for step in newest[0] for path in step.pull.tests}
    assert travelling == {path for pull in load_pulls(ROOT) for path in pull.tests}
    for file in (ROOT / "tests" / "test_litellm").rglob("*.py"):
        imports = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, (ast.Import, ast.ImportFrom))]
        stays = any((node.module or "").startswith("tests") for node in imports if isinstance(node, ast.ImportFrom))
        assert stays != (file.relative_to(ROOT).as_posix() in travelling), file


def test_every_text_is_whole(newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]]) -> None:
    """No pull request's text has a hole in it, nor a word that only this repository understands."""
    for step in newest[0]:
        text = request(step, load_release(None), None)
        assert "{{" not in text
        assert not re.search(r"\b(overlay|touch(es)?|the fork)\b", text + step.pull.message), step.name


def test_upstreams_formatter_and_linter_find_nothing_new_in_any_prefix(
    newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]], tmp_path: Path
) -> None:
    """Each file of each patch is formatted as upstream's settings say, and has no finding that upstream's own has not.

    The settings are ruff.toml's and ruff-strict.toml's there, by which a pull request may add to no rule's count.
    """
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    settings = ["--isolated", "--config", "line-length = 120", "--target-version", "py310"]
    lint = ["--preview", "--select", f"E4,E7,E9,F,T20,PGH004,RUF008,RUF009,RUF100,{STRICT}", "--ignore", "F405,E402,F403"]
    lint += ["--exclude", "litellm/types/*,tests/*", "--output-format", "json"]
    banned = ", ".join(f'"{name}".msg = "Not here."' for name in BANNED)
    lint += ["--config", f"lint.flake8-tidy-imports.banned-api = {{{banned}}}"]
    lint += ["--config", "lint.mccabe.max-complexity = 15", "--config", 'lint.isort.known-first-party = ["litellm"]']

    def ruff(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=tmp_path, capture_output=True, text=True)

    def findings(files: Mapping[str, bytes | None]) -> set[tuple[str, str, str]]:
        for path, data in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data or b"")
        found = json.loads(ruff("check", *settings, *lint).stdout)
        return {(Path(each["filename"]).relative_to(tmp_path).as_posix(), each["code"], each["message"]) for each in found}

    with open_wheel(load_release(None)) as wheel:
        theirs = findings({path: wheel.read(path) for step in newest[0] for path in step.after if path in wheel.names})
    for step in newest[0]:
        assert findings(step.after) - theirs == set(), step.name
        formatted = ruff("format", "--check", *settings)
        assert formatted.returncode == 0, formatted.stdout


def test_upstreams_type_discipline_finds_nothing_new_in_any_prefix(
    newest: tuple[list[Step], dict[str, bytes], Mapping[str, bytes]],
) -> None:
    """No file of any patch breaks a rule on types, of those that upstream counts itself, more often than the patch found it to."""
    with open_wheel(load_release(None)) as wheel:
        files = {path for step in newest[0] for path in step.after if path.startswith("litellm/") and path in wheel.names}
        counts = {path: type_discipline.findings(wheel.read(path).decode()) for path in files}
    for step in newest[0]:
        changed = {path: data for path, data in step.after.items() if path.startswith("litellm/") and data is not None}
        now = {path: type_discipline.findings(data.decode()) for path, data in changed.items()}
        assert {path: found - counts.get(path, Counter()) for path, found in now.items() if found - counts.get(path, Counter())} == {}, (
            step.name
        )
