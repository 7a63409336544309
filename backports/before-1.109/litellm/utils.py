"""Every public call of LiteLLM is made by the decorator `client`: here a caller's OAuth token leaves the headers it came in.

Upstream passes `extra_headers` with a token on to whichever provider a call, a fallback or a retry ends up at, and logs them on the way.
What a call raises says whose failure it is. A client's own request is hidden from calls that LiteLLM makes by itself, and what a
deployment's hooks change of it and of its answer is taken over.

Intent: scope
Upstream: BerriAI/litellm#37905
Remove when: upstream scopes a caller's token by provider and by origin before it builds a request.
"""

from litellm.litellm_core_utils.oauth_advisor import hands_token_to_advisors
from litellm.litellm_core_utils.oauth_failures import marks_failures
from litellm.litellm_core_utils.oauth_hooks import hides_clients_request, takes_over_answer, takes_over_changes
from litellm.litellm_core_utils.oauth_scope import scopes_client_tokens


@hides_clients_request
@marks_failures
@scopes_client_tokens
@hands_token_to_advisors
def client(original_function): ...


@takes_over_changes
async def async_pre_call_deployment_hook(kwargs, call_type): ...


@takes_over_answer
async def async_post_call_success_deployment_hook(request_data, response, call_type): ...


def with_named_credential(kwargs: dict[str, object]) -> dict[str, object]:
    """A call's arguments with those of the credential that they name, as newer releases have it."""
    named = dict(kwargs)
    load_credentials_from_list(named)
    return named
