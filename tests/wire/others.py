"""Providers that are not Anthropic, as deployments at a loopback origin: what each call to them needs."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.standin import MODEL

_AWS = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused", "aws_region_name": "us-east-1"}
_GOOGLE = {"vertex_project": "unused", "vertex_location": "us-east5"}

# model, and what its call needs beside an api_base.
OTHERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "openai": ("openai/gpt-4o-mini", {"api_key": "unused"}),
    "azure": ("azure/gpt-4o-mini", {"api_key": "unused", "api_version": "2024-10-21"}),
    "mistral": ("mistral/mistral-small-latest", {"api_key": "unused"}),
    "openai compatible": ("hosted_vllm/any", {"api_key": "unused"}),
    "bedrock converse": ("bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0", _AWS),
    "bedrock invoke": ("bedrock/invoke/anthropic.claude-3-5-sonnet-20240620-v1:0", _AWS),
    "vertex_ai": ("vertex_ai/claude-sonnet-4-5@20250929", _GOOGLE),
    "azure_ai": (f"azure_ai/{MODEL}", {"api_key": "unused"}),
}


def destination(provider: str, url: str) -> dict[str, str]:
    """The parameters that lead a provider's call to an origin."""
    if provider.startswith("bedrock"):
        return {"aws_bedrock_runtime_endpoint": url}
    if provider == "vertex_ai":
        return {"api_base": f"{url}/v1/projects/unused/locations/us-east5/publishers/anthropic/models/claude:rawPredict"}
    return {"api_base": url}
