"""Skills send every credential in x-api-key, and read a refusal to list or get one as an answer.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the line ends, or upstream backports the header set of README's wire contract to it.
"""

from litellm.litellm_core_utils.client_token import with_oauth_headers
from litellm.llms.anthropic.common_utils import raises_for_refusals


class AnthropicSkillsConfig:
    @with_oauth_headers
    def validate_environment(self, headers, litellm_params): ...

    @raises_for_refusals
    def transform_list_skills_response(self, raw_response, logging_obj): ...

    @raises_for_refusals
    def transform_get_skill_response(self, raw_response, logging_obj): ...
