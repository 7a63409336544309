"""The texts of the patch series: one Markdown file a patch in `upstream/`, with its commit message and its pull request's text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ForkError
from .intents import INTENTS, load_intents

PULLS = "upstream"
# What upstream's reviewers read of a commit: https://www.conventionalcommits.org/en/v1.0.0/
_SUBJECT = re.compile(r"(feat|fix|refactor|docs|test)(\([a-z_/-]+\))?: [ -~]+")
_LONGEST = 72
_REST = "all else"
_FIELD = re.compile(r"(Intent|Takes|Tests|Fixes): +(.+(?:\n +.+)*)")
_NAME = re.compile(r"\d+-[a-z-]+\.md")
# A line that `git am` would take for the end of a message.
_ENDS_MESSAGE = re.compile(r"^(---|diff -|Index: |From )", re.MULTILINE)


@dataclass(frozen=True)
class Pull:
    """One patch's text.

    file: its name from the root of the checkout. takes: names of definitions by path of the overlay, none where the whole file is meant.
    takes_rest: whether it takes all of its intent that no other takes. tests: the test modules that travel with it. fixes: upstream's
    issues. message: the body of the commit message. sections: what the pull request's text has of its own, by heading.
    """

    file: str
    subject: str
    intent: str
    takes: Mapping[str, tuple[str, ...]]
    takes_rest: bool
    tests: tuple[str, ...]
    fixes: tuple[str, ...]
    message: str
    sections: Mapping[str, str]

    @property
    def slug(self) -> str:
        """What its files are called, without a number."""
        return Path(self.file).stem.partition("-")[2]


def load_pulls(root: Path) -> list[Pull]:
    """The texts of a checkout in their order. Raises ForkError for one that cannot be used."""
    intents = load_intents(root)
    files = sorted(
        (file for file in (root / PULLS).glob("*.md") if _NAME.fullmatch(file.name)), key=lambda file: int(file.name.split("-")[0])
    )
    if not files:
        raise ForkError(f"There is no patch text in {root / PULLS}.", "None is called <number>-<name>.md.", "Restore them with git.")
    pulls = [_read(file, root) for file in files]
    for pull in pulls:
        if pull.intent not in intents:
            raise ForkError(
                f"{pull.file} serves the intent {pull.intent!r}.", f"{INTENTS} declares: {', '.join(intents)}.", "Name one of them."
            )
    _require_one_each(pulls, root)
    return pulls


def load_request(root: Path) -> str:
    """The frame of every pull request's text: upstream's headings, with `{{name}}` for what each patch has of its own."""
    file = root / PULLS / "request.md"
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise ForkError(f"{file} cannot be read.", f"{error.strerror}.", "Restore it with git.") from error


def _require_one_each(pulls: Sequence[Pull], root: Path) -> None:
    """Raises ForkError where two texts have the same, or a test is not there."""
    have: dict[str, str] = {}
    for pull in pulls:
        whole = [f"what is left of the intent {pull.intent}"] if pull.takes_rest else []
        takes = [f"{path}: {name}".removesuffix(": ") for path, names in pull.takes.items() for name in names or ("",)]
        for each in (*whole, *takes, *pull.tests, f"the name {pull.slug}"):
            if each in have:
                raise ForkError(f"{pull.file} has {each}.", f"{have[each]} has it already.", "Leave it to one of the two.")
            have[each] = pull.file
        missing = next((path for path in pull.tests if not (root / path).is_file()), None)
        if missing or not pull.tests:
            why = "There is no such file." if missing else "Upstream takes no pull request without a test."
            raise ForkError(f"{pull.file} lists {missing or 'no test'} under `Tests:`.", why, "Correct the path, or write the test.")


def _read(file: Path, root: Path) -> Pull:
    name = file.relative_to(root).as_posix()
    text = file.read_text("utf-8")
    title, _, rest = text.partition("\n")
    head, _, body = rest.lstrip("\n").partition("\n\n")
    message, *sections = re.split(r"^## ", body, flags=re.MULTILINE)
    fields = {key: " ".join(value.split()) for key, value in _FIELD.findall(head)}
    subject = title.removeprefix("# ").strip()
    wrong = [
        (not title.startswith("# ") or not _SUBJECT.fullmatch(subject), "its first line is no `# type(scope): what it does` in ASCII"),
        (len(subject) > _LONGEST, f"its subject is longer than {_LONGEST} characters"),
        (not {"Intent", "Tests"} <= fields.keys(), "`Intent:` and `Tests:` have to stand below the subject"),
        (not message.strip(), "it has no commit message between its fields and the first `## `"),
        (bool(_ENDS_MESSAGE.search(message)), "a line of its commit message would end the message for `git am`"),
        (not sections, "it has no section for its pull request's text, which starts with `## `"),
    ]
    why = next((why for is_so, why in wrong if is_so), None)
    if why is not None:
        raise ForkError(f"{name} is no patch text.", f"{why[0].upper()}{why[1:]}.", "CONTRIBUTING.md says what stands in one.")
    return Pull(
        name,
        subject,
        fields["Intent"],
        _takes(fields.get("Takes", "")),
        _REST in fields.get("Takes", _REST),
        tuple(fields["Tests"].split(", ")),
        tuple(fields["Fixes"].split(", ")) if "Fixes" in fields else (),
        message.strip(),
        {heading.strip(): text.strip() for heading, _, text in (section.partition("\n") for section in sections)},
    )


def _takes(text: str) -> dict[str, tuple[str, ...]]:
    """`a.py, b.py: one two` by path: whole files, and definitions of one."""
    entries = (entry.partition(":") for entry in text.split(", ") if entry not in ("", _REST))
    return {path.strip(): tuple(names.split()) for path, _, names in entries}
