"""Files build their own headers, with every credential in x-api-key or in a bearer without its beta, and drop the caller's betas.

A refusal to list or get one, or its content, is read as an answer.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from litellm.llms.anthropic.oauth import betas_in, is_anthropic_oauth_key, merge_betas, set_anthropic_headers
from litellm.llms.anthropic.oauth_headers import raise_for_refusal

from ..common_utils import AnthropicModelInfo


class AnthropicFilesConfig:
    def validate_environment(self, headers, api_key=None):
        api_key = AnthropicModelInfo.get_api_key(api_key)
        if is_anthropic_oauth_key(api_key):
            betas = merge_betas(betas_in(headers), ANTHROPIC_FILES_BETA_HEADER)
            return set_anthropic_headers(
                {**headers, "anthropic-version": "2023-06-01", "anthropic-beta": betas}, api_key
            )
        ...

    def transform_list_files_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...

    def transform_retrieve_file_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...

    def transform_file_content_response(self, raw_response):
        raise_for_refusal(raw_response)
        ...
