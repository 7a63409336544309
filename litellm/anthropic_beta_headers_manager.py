"""A request with an OAuth token keeps every beta its caller asked for.

Upstream drops the betas its own table does not list, which a client newer than the release runs into, and which would drop the OAuth
beta itself with a table (it may be a downloaded one) that lacks it.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: upstream passes unknown betas on to Anthropic.
"""

from litellm.llms.anthropic.oauth import has_token


def update_headers_with_filtered_beta(headers, provider):
    if has_token(headers):
        return headers
    ...
