"""For a proxy without a database: the rows of its spend log as LiteLLM builds them, kept in a file and not handed to Prisma."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy.spend_tracking.spend_tracking_utils import get_logging_payload

_ROWS = Path(__file__).with_name("rows.jsonl")


class Keeper(CustomLogger):
    """Builds a row for each call, as LiteLLM's own callback does where a database is set."""

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        row = get_logging_payload(kwargs=kwargs, response_obj=response_obj, start_time=start_time, end_time=end_time)
        with _ROWS.open("a") as file:
            print(json.dumps(dict(row), default=repr), file=file)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        await self.async_log_success_event(kwargs, {}, start_time, end_time)


keeper = Keeper()
