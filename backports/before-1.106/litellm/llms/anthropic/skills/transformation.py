"""Skills send every credential in x-api-key, and read a refusal to list or get one as an answer.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.llms.anthropic.oauth_headers import raise_for_refusal, writes_oauth_token


class AnthropicSkillsConfig:
    @writes_oauth_token
    def validate_environment(self, headers, litellm_params): ...

    def transform_list_skills_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...

    def transform_get_skill_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...
