"""LiteLLM's loggers make no record with an OAuth token in it, at any level, whatever switches redaction off.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: upstream's redaction covers OAuth tokens and every logger of LiteLLM's, and cannot be switched off for them.
"""

from typing import Final

from litellm.litellm_core_utils.oauth_masking import mask_records_of_litellm

_RECORDS_ARE_MASKED: Final = mask_records_of_litellm()
