"""A callback for a proxy: it keeps what a logging integration would be given, and how many failures the router has counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger
from litellm.router_utils.router_callbacks.track_deployment_metrics import get_deployment_failures_for_current_minute

_FOLDER = Path(__file__).parent


class Keeper(CustomLogger):
    """Each hook that a logging integration uses, but the one that may still change the request.

    Payloads are large: they are written only while a file `keep` stands beside this module.
    """

    def _keep(self, hook: str, *payloads: object) -> None:
        if not (_FOLDER / "keep").exists():
            return
        with (_FOLDER / "payloads.txt").open("a") as file:
            print(hook, *(repr(payload) for payload in payloads), file=file)
            for payload in payloads:
                if isinstance(payload, dict) and "standard_logging_object" in payload:
                    print(hook, json.dumps(payload["standard_logging_object"], default=repr), file=file)

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self._keep("log_pre_api_call", kwargs)

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep("log_post_api_call", kwargs, response_obj)

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep("log_success_event", kwargs, response_obj)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep("log_failure_event", kwargs, response_obj)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep("async_log_success_event", kwargs, response_obj)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._keep("async_log_failure_event", kwargs, response_obj)

    async def async_post_call_success_hook(self, data: Any, user_api_key_dict: Any, response: Any) -> None:
        self._keep("async_post_call_success_hook", data, response)
        self._count_failures()

    async def async_post_call_failure_hook(
        self, request_data: Any, original_exception: Any, user_api_key_dict: Any, traceback_str: str | None = None
    ) -> None:
        self._keep("async_post_call_failure_hook", request_data, original_exception, traceback_str)
        self._count_failures()

    def _count_failures(self) -> None:
        from litellm.proxy.proxy_server import llm_router

        assert llm_router is not None
        with (_FOLDER / "failures.txt").open("a") as file:
            for deployment in llm_router.model_list:
                failures = get_deployment_failures_for_current_minute(llm_router, deployment["model_info"]["id"])
                print(deployment["model_name"], failures, file=file)


keeper = Keeper()
