"""The results of a batch are fetched with headers of their own, every credential in x-api-key.

Intent: headers
Upstream: BerriAI/litellm#19618
Remove when: the release is no longer supported.
"""

from typing import Any, cast

import httpx

from litellm.litellm_core_utils.oauth_failures import missing_credential
from litellm.llms.anthropic.oauth import set_anthropic_headers
from litellm.llms.custom_httpx.http_handler import get_async_httpx_client
from litellm.types.llms.openai import FileContentRequest, HttpxBinaryResponseContent
from litellm.types.utils import LlmProviders


class AnthropicFilesHandler:
    async def afile_content(
        self,
        file_content_request: FileContentRequest,
        api_base: str | None = None,
        api_key: str | None = None,
        timeout: float | httpx.Timeout = 600.0,
        max_retries: int | None = None,
    ) -> HttpxBinaryResponseContent:
        """The results of a batch as OpenAI's JSON lines. The request's `file_id` is the batch's id, or `anthropic_batch_results:<id>`.

        Raises ValueError without a file_id, AuthenticationError without a credential, and httpx.HTTPStatusError where Anthropic refuses.
        """
        batch_id = (file_content_request.get("file_id") or "").removeprefix("anthropic_batch_results:")
        if not batch_id:
            raise ValueError("file_content needs a file_id: the id of an Anthropic message batch.")
        key = self.anthropic_model_info.get_api_key(api_key)
        if key is None:
            raise missing_credential()
        base = (self.anthropic_model_info.get_api_base(api_base) or "").rstrip("/")
        fetched = await get_async_httpx_client(llm_provider=LlmProviders.ANTHROPIC).get(
            url=f"{base}/v1/messages/batches/{batch_id}/results",
            headers=set_anthropic_headers({"accept": "application/json", "anthropic-version": "2023-06-01"}, key),
        )
        fetched.raise_for_status()
        content = self._transform_anthropic_batch_results_to_openai_format(fetched.content)
        # The length and encoding are of what Anthropic sent.
        kept = {
            name: value for name, value in fetched.headers.items() if name not in ("content-length", "content-encoding")
        }
        answer = httpx.Response(fetched.status_code, headers=kept, content=content, request=fetched.request)
        # openai's own type for a response is httpx's or, since its version 3, httpx2's; it keeps either.
        return HttpxBinaryResponseContent(response=cast(Any, answer))
