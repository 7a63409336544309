"""Functions that take headers, or pass on whatever they are given, and send no request to another provider here, by why.

A name that a release does not have says nothing of that release. A release's new function is not here: it is called, or the suite fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BY_REASON: Final[Mapping[str, tuple[str, ...]]] = {
    "sends nothing: it puts arguments, headers, a cache or an answer together": (
        *("add_provider_affinity_header", "with_attribution_headers", "validate_openai_optional_params", "get_litellm_params"),
        *("get_optional_params", "get_optional_params_add_message", "get_optional_params_embeddings", "get_optional_params_image_gen"),
        *("get_optional_params_transcription", "enable_cache", "update_cache", "mock_completion", "mock_response"),
        *("Router.update_settings", "Router.select"),
    ),
    "calls a function that it is given, with what it is given": (
        *("run_async_function", "Router.make_call", "Router.async_function_with_fallbacks", "Router.async_function_with_retries"),
        "Router.function_with_fallbacks",
    ),
    "is Anthropic's alone: the table of call paths has it": (
        *("create_skill", "acreate_skill", "list_skills", "alist_skills", "get_skill", "aget_skill", "delete_skill", "adelete_skill"),
        *("Router.acreate_skill", "Router.alist_skills", "Router.aget_skill", "Router.adelete_skill"),
    ),
    "wants a package that LiteLLM does not depend on": (
        *("completion_with_retries", "acompletion_with_retries", "responses_with_retries", "aresponses_with_retries"),
    ),
    "wants an adapter, a configuration, a guardrail or a sandbox of the operator's": (
        *("adapter_completion", "aadapter_completion", "Router.aadapter_completion", "config_completion", "Router.aguardrail", "arun_code"),
        *("aadapter_generate_content", "Router.aadapter_generate_content"),
    ),
    "makes its request when what it answered is used: a context manager": ("run_thread_stream", "arun_thread_stream"),
    "is a handler of one provider's, called by `completion` with what that has put together": (
        *("nlp_cloud_chat_completion", "replicate_chat_completion", "file_content_streaming"),
    ),
    "calls other functions of this list, of which each is called by itself": (
        *("ingest", "aingest", "query", "aquery", "Router.abatch_completion", "Router.text_completion"),
    ),
    "fails on some releases before it makes a request, whatever it is given: its provider does not get through": (
        *(
            "Router.aget_responses",
            "Router.acancel_responses",
            "Router.adelete_responses",
            "Router.alist_input_items",
            "Router.avideo_list",
        ),
    ),
    "answers None without a request: upstream wraps the synchronous function as if it were not": (
        *("Router.cancel_interaction", "Router.delete_interaction", "Router.get_interaction"),
        *("Router.list_container_files", "Router.retrieve_container_file", "Router.retrieve_container_file_content"),
        *("Router.delete_container_file", "Router.upload_container_file"),
        *("Router.video_create_character", "Router.video_edit", "Router.video_extension", "Router.video_get_character"),
    ),
    "is of providers that have agents: none of them takes a base": (
        *(
            "Router.acreate_agent",
            "Router.create_agent",
            "Router.aget_agent",
            "Router.get_agent",
            "Router.alist_agents",
            "Router.list_agents",
        ),
        *("Router.adelete_agent", "Router.delete_agent", "Router.alist_agent_versions", "Router.list_agent_versions"),
    ),
}
UNDRIVEN: Final[Mapping[str, str]] = {name: why for why, names in _BY_REASON.items() for name in names}
