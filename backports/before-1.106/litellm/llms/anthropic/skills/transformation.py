"""Skills send a token in x-api-key, or in a bearer without its beta, and read a refusal to list or get one as an answer.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.constants import ANTHROPIC_SKILLS_API_BETA_VERSION as SKILLS_BETA
from litellm.llms.anthropic.common_utils import AnthropicModelInfo as ModelInfo
from litellm.llms.anthropic.oauth import betas_in, is_anthropic_oauth_key, merge_betas, set_anthropic_headers
from litellm.llms.anthropic.oauth_headers import raise_for_refusal


class AnthropicSkillsConfig:
    def validate_environment(self, headers, litellm_params):
        api_key = ModelInfo.get_api_key(None if litellm_params is None else litellm_params.api_key)
        if is_anthropic_oauth_key(api_key):
            betas = merge_betas(betas_in(headers), SKILLS_BETA)
            own = {"anthropic-version": "2023-06-01", "anthropic-beta": betas, "content-type": "application/json"}
            return set_anthropic_headers({**headers, **own}, api_key)
        ...

    def transform_list_skills_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...

    def transform_get_skill_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...
