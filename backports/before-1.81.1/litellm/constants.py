"""Before 1.81.1 upstream has no name for the beta that Anthropic counts tokens with.

Intent: forwarding
Upstream: none yet
Remove when: the fork no longer builds releases before 1.81.1.
"""

from typing import Final

ANTHROPIC_TOKEN_COUNTING_BETA_VERSION: Final = "token-counting-2024-11-01"
