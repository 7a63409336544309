"""A call that is made with retries is not sent again once Anthropic refused its caller's own token.

Intent: failures
Upstream: none yet
Remove when: upstream scopes retries by whose credential failed.
"""

from typing import Final

import litellm
from litellm.litellm_core_utils.oauth_failures import sent_until_refused


def completion_with_retries(*args, **kwargs):
    made: Final = kwargs.get("original_function", litellm.completion)
    kwargs["original_function"] = sent_until_refused(made)  # rebind-ok: what upstream goes on with
    ...


async def acompletion_with_retries(*args, **kwargs):
    made: Final = kwargs.get("original_function", litellm.completion)
    kwargs["original_function"] = sent_until_refused(made)  # rebind-ok: what upstream goes on with
    ...


def responses_with_retries(*args, **kwargs):
    made: Final = kwargs.get("original_function", litellm.responses)
    kwargs["original_function"] = sent_until_refused(made)  # rebind-ok: what upstream goes on with
    ...


async def aresponses_with_retries(*args, **kwargs):
    made: Final = kwargs.get("original_function", litellm.aresponses)
    kwargs["original_function"] = sent_until_refused(made)  # rebind-ok: what upstream goes on with
    ...
