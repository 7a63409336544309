"""The environment a call is made in, for tests and for `make compare`: nothing of the developer's own, nothing fetched on import."""

from __future__ import annotations

import importlib.util
from collections.abc import MutableMapping
from pathlib import Path

_LOCAL = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
_FOREIGN = ("ANTHROPIC_", "OPENAI_", "AWS_", "AZURE_", "VERTEX", "GOOGLE_", "LITELLM_", "CLAUDE_", "DATABASE_URL")
_KEPT = ("ANTHROPIC_OAUTH_TOKEN", "LITELLM_FORK_UPSTREAM")


def clean(environment: MutableMapping[str, str]) -> None:
    """Take every provider's settings and credentials out of an environment, and tell LiteLLM to read its own files, not remote ones.

    `ANTHROPIC_OAUTH_TOKEN` stays: LiteLLM does not read it, the live tests do.
    """
    for name in [name for name in environment if name.startswith(_FOREIGN) and name not in _KEPT]:
        del environment[name]
    environment.update(_LOCAL)
    # LiteLLM carries a tokenizer, and some releases download it all the same.
    environment["TIKTOKEN_CACHE_DIR"] = str(_litellm_folder() / "litellm_core_utils" / "tokenizers")


def _litellm_folder() -> Path:
    """Where the package under test is; importing it, only to know, would take seconds in every process of the suite."""
    spec = importlib.util.find_spec("litellm")
    assert spec is not None and spec.origin is not None, "litellm is not installed"
    return Path(spec.origin).parent
