"""The health of an operator's deployments is shown without the tokens in their headers.

Intent: privacy
Upstream: none yet
Remove when: the release is no longer supported: upstream shows listed fields only from 1.102 on.
"""

from litellm.litellm_core_utils.oauth_masking import masked_argument


def _clean_endpoint_data(endpoint_data, details=True):
    endpoint_data = masked_argument(endpoint_data)
    ...
