"""Which releases are installed with overrides, since they ask for what is not on the index: `python -m tests.support.overrides RELEASE`.

`requirements/overrides-A-B.txt` is for the releases from A to B, both included.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fork.release import ROOT, order


def overrides_for(release: str) -> Path | None:
    """What uv is to take in place of a release's own requirements; None where it has all it asks for."""
    for file in sorted((ROOT / "requirements").glob("overrides-*.txt")):
        first, last = file.stem.removeprefix("overrides-").split("-")
        if order(first) <= order(release) <= order(last):
            return file
    return None


if __name__ == "__main__":
    print(overrides_for(sys.argv[1]) or "")
