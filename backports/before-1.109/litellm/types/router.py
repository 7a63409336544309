"""A call's parameters keep an OAuth token sealed: pydantic would make a plain string of its mask.

Intent: privacy
Upstream: none yet
Remove when: upstream's own `api_key` is a type that prints as a mask.
"""

from typing import Annotated

from pydantic import WrapValidator

from litellm.litellm_core_utils.oauth_masking import kept_sealed


class CredentialLiteLLMParams:
    api_key: Annotated[str | None, WrapValidator(kept_sealed)] = None
