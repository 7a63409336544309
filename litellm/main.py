"""A call that is made with retries is not sent again once Anthropic refused its caller's own token.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed.
"""

import litellm
from litellm.litellm_core_utils.oauth_failures import sent_until_refused


def completion_with_retries(*args, **kwargs):
    kwargs["original_function"] = sent_until_refused(kwargs.get("original_function", litellm.completion))
    ...


async def acompletion_with_retries(*args, **kwargs):
    kwargs["original_function"] = sent_until_refused(kwargs.get("original_function", litellm.completion))
    ...


def responses_with_retries(*args, **kwargs):
    kwargs["original_function"] = sent_until_refused(kwargs.get("original_function", litellm.responses))
    ...


async def aresponses_with_retries(*args, **kwargs):
    kwargs["original_function"] = sent_until_refused(kwargs.get("original_function", litellm.aresponses))
    ...
