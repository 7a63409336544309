"""LiteLLM's loggers mask OAuth tokens in their records, at every level.

Upstream's redaction came after the older lines and can be switched off.

Intent: privacy
Upstream: BerriAI/litellm#35678
Remove when: no supported line is without upstream's redaction.
"""

import logging

from litellm.litellm_core_utils.masked_logging import masking

verbose_proxy_logger = masking(logging.getLogger("LiteLLM Proxy"))
verbose_router_logger = masking(logging.getLogger("LiteLLM Router"))
verbose_logger = masking(logging.getLogger("LiteLLM"))
