"""An error of a provider's is mapped to one of LiteLLM's, wherever it comes from: the mark of whose failure it is goes along.

A stream that has begun maps its errors itself, behind the call that says so of all others.

Intent: failures
Upstream: none yet
Remove when: upstream counts no failure against a deployment that its caller's credential earned, and retries none of them.
"""

from litellm.litellm_core_utils.oauth_failures import keeps_whose_it_is


@keeps_whose_it_is
def exception_type(model, original_exception, custom_llm_provider, completion_kwargs={}, extra_kwargs={}): ...
