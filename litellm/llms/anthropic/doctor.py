"""Say how this LiteLLM is set up for Anthropic OAuth tokens: `python -m litellm.llms.anthropic.doctor [--config proxy.yaml]`.

Is it the fork and of which release; where a client's token may go and by which setting; which credential each deployment uses, by name and
never by value; what a client sends; what is wrong, with the line, the reason and the remedy. `--live` counts one message's tokens at each
Anthropic deployment, which costs nothing, with its own credential or the client's token in ANTHROPIC_OAUTH_TOKEN.

Exit status: 0 if nothing is wrong (a warning is not), 1 if something is, 2 if the configuration cannot be read.

Intent: scope
Upstream: none yet
Remove when: upstream tells an operator which credential goes where.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import httpx

import litellm
from litellm.constants import ANTHROPIC_TOKEN_COUNTING_BETA_VERSION as COUNTING_BETA
from litellm.llms.anthropic.doctor_config import Config, ConfigError
from litellm.llms.anthropic.doctor_diagnosis import ERROR, WARNING, Deployment, Diagnosis
from litellm.llms.anthropic.oauth import ANTHROPIC_ORIGIN, InvalidTokenError, OAuthToken, set_anthropic_headers
from litellm.llms.custom_httpx.http_handler import get_async_httpx_client

_TOKEN: Final = "ANTHROPIC_OAUTH_TOKEN"
_BEHIND_A_WILDCARD: Final = "claude-sonnet-4-5"


def main(arguments: Sequence[str] | None = None) -> int:
    about: Final = (__doc__ or "").partition("\n\nIntent")[0]
    formatter: Final = argparse.RawDescriptionHelpFormatter
    parser: Final = argparse.ArgumentParser(
        prog="python -m litellm.llms.anthropic.doctor", description=about, formatter_class=formatter
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the proxy's configuration")
    parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
    parser.add_argument("--live", action="store_true", help="count one message's tokens at each Anthropic deployment")
    options: Final = parser.parse_args(arguments)
    litellm.suppress_debug_info = True
    try:
        diagnosis: Final = Diagnosis(Config(options.config), os.environ)
    except ConfigError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    _look_for_files_of_others(diagnosis)
    counts: Final = asyncio.run(_counts(diagnosis)) if options.live else {}
    told: Final = _json(diagnosis, counts) if options.json else "\n".join(_text(diagnosis, counts))
    sys.stdout.write(f"{diagnosis.safe(told)}\n")
    return 0 if diagnosis.is_well else 1


def _look_for_files_of_others(diagnosis: Diagnosis) -> None:
    """Find what another distribution has put into LiteLLM's package: pip overwrites a file without a word."""
    ours: Final = _files_in_package(importlib.metadata.distribution("litellm"))
    for other in importlib.metadata.distributions():
        name = other.metadata["Name"]
        theirs = _files_in_package(other)
        shared = sorted(theirs & ours)
        if name == "litellm" or not theirs:
            continue
        if shared:
            says = (
                f"It has files of LiteLLM's ({len(shared)}, {shared[0]} among them): what was installed last is there."
            )
            diagnosis.find(ERROR, name, says, "Install the fork behind it: `pip install --force-reinstall --no-deps`.")
        else:
            says = f"It has files in LiteLLM's package ({len(theirs)}, {min(theirs)} among them)."
            diagnosis.find(WARNING, name, says, "None of LiteLLM's is lost. See what they are for.")


def _files_in_package(distribution: importlib.metadata.Distribution) -> frozenset[str]:
    return frozenset(str(file) for file in distribution.files or () if file.parts[0] == "litellm")


async def _counts(diagnosis: Diagnosis) -> Mapping[str, str]:
    """What came of one token count at each deployment, by its name. One that fails becomes a finding."""
    came_of: Final[dict[str, str]] = {}  # mutable-ok: built here
    for deployment in diagnosis.deployments:
        own, given = deployment.call["api_key"], os.environ.get(_TOKEN, "").strip()
        token = OAuthToken(diagnosis.secret(given)) if given and deployment.takes_clients_token else None
        if deployment.provider != "anthropic" or not (own or token):
            came_of[deployment.name] = "not tried: " + (
                "there is no credential" if deployment.provider == "anthropic" else "it counts no tokens"
            )
            continue
        failure = await _failure(deployment, own or token)
        if failure is not None:
            remedy = "Look at the credential and the address; what is told is their answer."
            diagnosis.find(ERROR, deployment.where, f"{deployment.name} counts no tokens: {failure}", remedy)
        came_of[deployment.name] = "counted" if failure is None else "failed"
    return came_of


async def _failure(deployment: Deployment, credential: str | None) -> str | None:
    """Why a deployment did not count a message's tokens; None if it did. Not every release's own count asks at the deployment's base."""
    model: Final = str(deployment.call["model"]).removeprefix("anthropic/")
    base: Final = (
        (deployment.call["api_base"] or ANTHROPIC_ORIGIN)
        .rstrip("/")
        .removesuffix("/messages")
        .removesuffix("/v1")
        .rstrip("/")
    )
    asked: Final = {
        "model": _BEHIND_A_WILDCARD if "*" in model else model,
        "messages": [{"role": "user", "content": "Say hello."}],
    }
    try:
        headers: Final = set_anthropic_headers(
            {"anthropic-version": "2023-06-01", "anthropic-beta": COUNTING_BETA}, credential
        )
        client: Final = get_async_httpx_client(llm_provider=litellm.LlmProviders.ANTHROPIC)
        await client.post(f"{base}/v1/messages/count_tokens", headers=headers, json=asked)
    except httpx.HTTPStatusError as error:
        return f"{error.response.status_code} {error.response.text[:300]}"
    except (httpx.RequestError, litellm.Timeout, InvalidTokenError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def _json(diagnosis: Diagnosis, counts: Mapping[str, str]) -> str:
    deployments: Final = [
        {name: value for name, value in asdict(each).items() if name != "call"} for each in diagnosis.deployments
    ]
    findings: Final = [asdict(finding) for finding in diagnosis.findings]
    told: Final = {
        "version": diagnosis.version,
        "is_well": diagnosis.is_well,
        "origins": diagnosis.origins,
        "deployments": deployments,
    }
    return json.dumps({**told, "findings": findings, "token_counts": counts}, indent=1)


def _text(diagnosis: Diagnosis, counts: Mapping[str, str]) -> Iterator[str]:
    yield f"LiteLLM {diagnosis.version}, Python {sys.version.split()[0]}"
    if os.environ.get("LITELLM_RUST"):
        has_rust: Final = importlib.util.find_spec("litellm.rust_bridge") is not None
        weakens: Final = (
            "a call that may send an OAuth token takes the Python route all the same"
            if has_rust
            else "this release does not read it"
        )
        yield f"LITELLM_RUST is set and weakens nothing: {weakens}."
    yield "\nA client's token may go to"
    yield from (f"  {origin} ({why})" for origin, why in diagnosis.origins.items())
    yield "\nWhat is sent"
    for each in diagnosis.deployments:
        yield f"  {each.name}: {each.provider} at {each.origin}"
        yield f"    a client's token: {'sent' if each.takes_clients_token else 'not sent'} ({each.why})"
        yield f"    without a token:  {each.own or 'the call is refused, nothing is configured'}"
        if each.name in counts:
            yield f"    token count:      {counts[each.name]}"
    if diagnosis.is_proxy:
        yield "\nWhat a client sends"
        yield "  Authorization: Bearer <its Anthropic OAuth token>"
        yield f"  {diagnosis.key_header}: Bearer <its LiteLLM key>; a client that cannot sends the key as x-api-key"
    yield ""
    for finding in sorted(diagnosis.findings, key=lambda finding: finding.level):
        yield f"{finding.level}: {finding.where}: {finding.says}\n  {finding.remedy}"
    wrong: Final = sum(finding.level == ERROR for finding in diagnosis.findings)
    yield f"{wrong} thing{'s' * (wrong > 1)} to mend." if wrong else "Nothing is wrong."


if __name__ == "__main__":
    sys.exit(main())
