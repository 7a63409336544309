"""The Rust route for messages (`LITELLM_RUST=1`) steps aside for a call that may send an OAuth token.

It reads the credential from the environment itself and sends an OAuth token without its beta, where no Python touch sees it.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream's Rust route sends the header set of README's wire contract and scopes a caller's token.
"""

import inspect
from collections.abc import Mapping

from litellm.litellm_core_utils.client_token import python_route_for_oauth


@python_route_for_oauth
def _public_request(legacy: inspect.Signature, args: tuple[object, ...], kwargs: Mapping[str, object]): ...
