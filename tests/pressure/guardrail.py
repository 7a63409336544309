"""A guardrail for a proxy under load: it lets every text pass, as it was."""

from __future__ import annotations

from typing import Any

from litellm.integrations.custom_guardrail import CustomGuardrail


class Passing(CustomGuardrail):
    """Applies itself to all texts of a request and of its answer."""

    async def apply_guardrail(self, inputs: Any, request_data: Any, input_type: Any, logging_obj: Any = None) -> Any:
        return inputs
