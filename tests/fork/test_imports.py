"""Where added imports go, and in which form: as upstream's own tools would have them, and nothing else moves."""

from __future__ import annotations

import pytest

from .test_merge import merged, run

RUN = """\
\"\"\"Doc.\"\"\"

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any  # typing

# the client
import httpx
from pydantic import (
    BaseModel,  # the base
    Field
)

import litellm
from litellm.a import (  # noqa
    LIMIT,
    Thing,
    # of old
    older,
)
from litellm.b import name as alias
from litellm.z import *

if TYPE_CHECKING:
    from typing import cast
    from x import T

import late
"""


@pytest.mark.parametrize(
    ("ours", "before", "after"),
    [
        ("import os\nimport late\nfrom typing import Any", "", ""),
        ("from typing import cast", "TYPE_CHECKING, Any  #", "TYPE_CHECKING, Any, cast  #"),
        ("from typing import Final, cast, ANY", "TYPE_CHECKING, Any  #", "ANY, TYPE_CHECKING, Any, Final, cast  #"),
        ("from pydantic import AnyUrl", "import (\n    B", "import (\n    AnyUrl,\n    B"),
        ("from pydantic import Extra", "# the base\n", "# the base\n    Extra,\n"),
        ("from pydantic import ValidationError, create_model", "    Field\n", "    Field,\n    ValidationError,\n    create_model,\n"),
        (
            "from litellm.a import K2, K10, new",
            "# noqa\n",
            "# noqa\n    K2,\n    K10,\n",
        ),
        ("from litellm.a import Wing", "    Thing,\n", "    Thing,\n    Wing,\n"),
        ("from litellm.a import past", "    older,\n", "    older,\n    past,\n"),
        ("import abc", "import os\n", "import abc\nimport os\n"),
        ("import sys\nimport time as clock", "import re\n", "import re\nimport sys\nimport time as clock\n"),
        ("from abc import ABC", "import re\n", "import re\nfrom abc import ABC\n"),
        ("import anyio", "# the client\n", "import anyio\n# the client\n"),
        ("from x import T", "    Field\n)\n", "    Field\n)\nfrom x import T\n"),
        ("from litellm.a import past as older_past", "    older,\n)\n", "    older,\n)\nfrom litellm.a import past as older_past\n"),
        ("from litellm.b import other", "as alias\n", "as alias\nfrom litellm.b import other\n"),
        ("from litellm.z import one", "import *\n", "import *\nfrom litellm.z import one\n"),
        ("import litellm.c", "import litellm\n", "import litellm\nimport litellm.c\n"),
        ("from .own import one", "import *\n", "import *\n\nfrom .own import one\n"),
    ],
)
def test_an_import_joins_or_stands_where_isort_puts_it(ours: str, before: str, after: str) -> None:
    """Names join the statement of their module, in its layout; a new statement stands in its section, in order; all else stays."""
    overlay = f"{ours}\n\n\nX = 1\n"
    expected = RUN.replace(before, after, 1)
    if "new" in ours:
        expected = expected.replace("    # of old\n", "    new,\n    # of old\n")
    assert merged(RUN, overlay) == f"{expected}\n\nX = 1\n"
    assert run(RUN.replace("\n", "\r\n"), overlay).data.decode() == f"{expected}\n\nX = 1\n".replace("\n", "\r\n")


A = "from litellm.a_module_with_a_long_name import "
LONG = f"{A}first_of_the_names, second_of_the_names"
BROKEN = f"{A}(\n    first_of_the_names,\n    other,\n    second_of_the_names,\n)"


@pytest.mark.parametrize(
    ("upstream", "ours", "expected"),
    [
        (f"{LONG}\n", f"{A}o", f"{LONG.replace('first_of_the_names,', 'first_of_the_names, o,')}\n"),
        (f"{LONG}  # why\n", f"{A}other", f"{BROKEN}  # why\n"),
        (f"{A}(first_of_the_names, second_of_the_names)\n", f"{A}other", f"{BROKEN}\n"),
        (f"{LONG}\nimport {'z' * 90}\n", f"{A}other", f"{LONG.replace('second', 'other, second')}\nimport {'z' * 90}\n"),
        ("import os\n", f"{LONG}, other", f"import os\n\n{BROKEN}\n"),
        ("from a import b, \\\n    c\n", "from a import d", "from a import b, \\\n    c\nfrom a import d\n"),
        ("from a import (\n    b, c\n)\n", "from a import d", "from a import (\n    b, c\n)\nfrom a import d\n"),
    ],
)
def test_a_statement_is_broken_up_where_upstreams_tools_would(upstream: str, ours: str, expected: str) -> None:
    """A line is no longer than upstream's own imports are, or than 88; what has another layout is left alone."""
    assert merged(upstream, f"{ours}\n\n\nX = 1\n") == f"{expected}\n\nX = 1\n"


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ("import os\nimport litellm\nimport re\nimport httpx\n", "import os\nimport litellm\nimport re\n|import httpx\n\n-"),
        ("import sys\n\nimport litellm\nimport httpx\nX = 1\n", "import sys\n|\nimport litellm\nimport httpx\n\n-X = 1\n"),
        ("import httpx\n", "|\nimport httpx\n\n-"),
        ("from x import y\nif y: pass\nimport abc\n", "|\nfrom x import y\n\n-if y: pass\nimport abc\n"),
        ("'Doc.'; import os\nX = 1\n", "'Doc.'; import os\n|\n-X = 1\n"),
        ("'Doc.'\nX = 1\n", "'Doc.'\n\n|\n-X = 1\n"),
        ("#!python\nX = 1\n", "#!python\n|\n-\nX = 1\n"),
        ("", "|\n-"),
    ],
)
def test_sections_are_told_apart_and_nothing_comes_early(upstream: str, expected: str) -> None:
    """Where upstream's imports are in no order, ours come behind all that sorts ahead: what they need may be among that."""
    ours = {"|": "from abc import ABC\n", "-": "from litellm.a import a\n"}
    assert merged(upstream, "".join(ours.values())) == expected.replace("|", ours["|"]).replace("-", ours["-"])
