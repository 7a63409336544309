"""Every public function of the installed LiteLLM, and method of its Router, that takes a caller's headers, and how to call each.

Found in the package, so that a release's new function is among them: it is called as its signature, and what it fails for want of, tell.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import litellm
from tests.support.origin import Origin

# Where a provider's functions stand that `litellm` itself does not offer under a name of their own.
_MODULES: Final = ("litellm", "litellm.vector_stores", "litellm.google_genai", "litellm.interactions", "litellm.anthropic.messages")
_HEADERS: Final = ("extra_headers", "headers")
_MESSAGES: Final = [{"role": "user", "content": "Say hello."}]
# What a parameter that has to be given is given, by its name; what is not here is given its own name.
_FILLERS: Final[Mapping[str, Any]] = {
    "messages": _MESSAGES,
    "contents": _MESSAGES,
    "max_tokens": 16,
    "tools": [],
    "documents": ["one", "two"],
    "document": {"type": "document_url", "document_url": "https://example.invalid/one.pdf"},
    "file": ("note.txt", b"hello", "text/plain"),
    "files": [("skill/SKILL.md", b"---\nname: skill\n---\n", "text/markdown")],
    "image": b"\x89PNG\r\n\x1a\n",
    "purpose": "user_data",
    "completion_window": "24h",
    "endpoint": "/v1/chat/completions",
    "method": "POST",
    "json": {},
    "training_file": "file_one",
    "hyperparameters": {},
    "data_source_config": {"type": "custom", "item_schema": {}},
    "testing_criteria": [],
    "data_source": {"type": "jsonl"},
    "voice": "alloy",
    "n": 1,
    "size": "1024x1024",
    "seconds": "4",
    "limit": 1,
    "search_provider": "tavily",
    "provider": "e2b",
    "input_type": "file",
    "prompt": "a cat",
    "models": ["gpt-4o-mini"],
    "attachments": [],
    "attributes": {},
    "ingest_options": {"vector_store": {"custom_llm_provider": "openai"}},
    "retrieval_config": {"vector_store_id": "vs_one", "custom_llm_provider": "openai"},
    "query": "hello",
    "input": "Say hello.",
}


_DECISION: Final = {"input": "hello", "questions": [{"type": "predicate", "instructions": "Is it?"}]}
_SYSTEM_ONE: Final = {"state": "hello", "questions": {"one": {"type": "noul", "instructions": "Is it?"}}}
_EXTRACTION: Final = {"state": "hello", "fields": {"one": {"type": "text", "instructions": "Which?"}}}
_AGENT_CALLS: Final = [f"{a}{call}" for a in ("", "a") for call in ("create_agent", "get_agent", "delete_agent", "list_agent_versions")]
_STORE_SEARCHES: Final = ("vector_stores.search", "vector_stores.asearch", "Router.vector_store_search", "Router.avector_store_search")
# What one function takes under a name that others take something else by.
_OWN_FILLERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "batch_completion": {"messages": [_MESSAGES]},
    "batch_completion_models": {"models": ["openai/gpt-4o-mini"], "messages": _MESSAGES},
    "create_assistants": {"model": "gpt-4o-mini"},
    "acreate_assistants": {"model": "gpt-4o-mini"},
    "Router.acreate_assistants": {"model": "gpt-4o-mini"},
    "Router.acreate_file": {"file": ("note.txt", b"hello", "text/plain"), "purpose": "user_data"},
    "speech": {"voice": "alloy"},
    "aspeech": {"voice": "alloy"},
    "Router.abatch_completion": {"models": ["openai"], "messages": _MESSAGES},
    "Router.abatch_completion_one_model_multiple_requests": {"messages": [_MESSAGES]},
    "Router.schedule_acompletion": {"priority": 0},
    "Router.asearch": {"search_tool_name": "web"},
    **dict.fromkeys(("decisions", "adecisions", "Router.decisions", "Router.adecisions"), _DECISION),
    **dict.fromkeys(("systemone", "asystemone", "Router.systemone", "Router.asystemone"), _SYSTEM_ONE),
    **dict.fromkeys(("extraction", "aextraction", "Router.extraction", "Router.aextraction"), _EXTRACTION),
    **dict.fromkeys(_AGENT_CALLS, {"id": "one"}),
    **dict.fromkeys(_STORE_SEARCHES, {"query": "hello"}),
    "llm_passthrough_route": {"endpoint": "v1/chat/completions"},
    "allm_passthrough_route": {"endpoint": "v1/chat/completions"},
}
# Models of other providers: together they have what any function asks for.
PROVIDERS: Final[Mapping[str, str]] = {
    "openai": "openai/gpt-4o-mini",
    "azure": "azure/gpt-4o-mini",
    "mistral": "mistral/mistral-small-latest",
    "cohere": "cohere/rerank-v3.5",
    "gemini": "gemini/gemini-2.5-flash",
    "vertex_ai": "vertex_ai/gemini-2.5-flash",
    "cloudflare": "cloudflare/extract",
}
_ATTEMPTS: Final = 6
_PATIENCE: Final = 10


@dataclass(frozen=True)
class Entry:
    """One function. name: dotted under `litellm`, or `Router.` and the method."""

    name: str
    function: Callable[..., Any]

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.function).parameters

    async def reach(self, origin: Origin, provider: str, model: str, headers: Mapping[str, str]) -> str:
        """Call it until something arrives at the origin, each time with what it failed for want of; what it failed with, or empty."""
        arguments = self._least(provider, model, origin.url, headers)
        failure = await self._attempts(arguments, origin, model)
        if failure and self.name.startswith("Router."):  # not every method of every release asks its deployments where to go
            failure = await self._attempts({**arguments, "api_base": origin.url, "api_key": "unused"}, origin, model)
        return failure

    async def _attempts(self, arguments: dict[str, Any], origin: Origin, model: str) -> str:
        for _ in range(_ATTEMPTS):
            failure = await self._called(arguments)
            if origin.requests:
                return ""
            if failure is None:
                return "nothing: it made no request"
            wanted = _asked_for(failure) - set(arguments)
            if not wanted:
                break
            arguments |= {name: self._filler(name, model) for name in wanted}
        return f"{type(failure).__name__}: {str(failure)[:200]}"

    async def _called(self, arguments: Mapping[str, Any]) -> BaseException | None:
        """What a call fails with. Synchronous functions may start an event loop of their own, which a running one forbids there."""

        async def call() -> None:
            result: Any = await asyncio.to_thread(self.function, **arguments)
            while inspect.isawaitable(result):  # the Router wraps some functions twice
                result = await result
            if isinstance(result, AsyncIterator):
                async for _ in result:
                    pass

        try:
            await asyncio.wait_for(call(), _PATIENCE)
        except Exception as failure:
            return failure
        return None

    def _filler(self, name: str, model: str) -> Any:
        return model if name == "model" else _OWN_FILLERS.get(self.name, {}).get(name, _FILLERS.get(name, name))

    def _least(self, provider: str, model: str, base: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The least that its signature asks for, for a provider at a base, with the headers under each name it takes them by."""
        catches_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in self.parameters.values())
        known: dict[str, Any] = {"custom_llm_provider": provider, "timeout": 5}
        if not self.name.startswith("Router."):  # whose deployments have them
            known.update(api_base=base, api_key="unused")
        known.update({name: dict(headers) for name in _HEADERS})
        given = {name: value for name, value in known.items() if name in self.parameters or catches_all}
        if "model" in self.parameters or self.name.startswith("Router."):
            given["model"] = provider if self.name.startswith("Router.") else model
        needed = (parameter for parameter in self.parameters.values() if parameter.default is parameter.empty)
        named = (parameter.name for parameter in needed if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL))
        return {**{name: self._filler(name, model) for name in named}, **given, **_OWN_FILLERS.get(self.name, {})}


def _asked_for(error: BaseException) -> set[str]:
    """Names of the arguments that a call failed for want of, as its error tells: what only passes arguments on says so nowhere else."""
    said = str(error)
    missing = re.search(r"missing \d+ required[^:]*arguments?: (.*)", said)
    if missing is not None:
        return set(re.findall(r"'(\w+)'", missing[1]))
    if isinstance(error, KeyError):
        return {str(error.args[0])}
    return {
        name for words in (r"(\w+) is required", r"'(\w+)' param not in kwargs", r"KeyError: '(\w+)'") for name in re.findall(words, said)
    }


def _takes_headers(function: object) -> bool:
    if not callable(function) or inspect.isclass(function) or inspect.ismodule(function):
        return False
    if not str(getattr(inspect.unwrap(function), "__module__", "")).startswith("litellm"):
        return False
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(parameter.name in _HEADERS or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def router_of_others(base: str) -> litellm.Router:
    """A Router with a group a provider, named like it, at a base."""
    models = [
        {"model_name": provider, "litellm_params": {"model": model, "api_key": "unused", "api_base": base}}
        for provider, model in PROVIDERS.items()
    ]
    search = {"search_tool_name": "web", "litellm_params": {"search_provider": "tavily", "api_key": "unused", "api_base": base}}
    return litellm.Router(model_list=models, search_tools=[search], num_retries=0, disable_cooldowns=True)  # type: ignore[list-item]


def functions() -> Iterator[Entry]:
    """The functions, each once, by the shortest name it has."""
    seen: set[int] = set()
    for module in _MODULES:
        holder: object
        try:
            holder = importlib.import_module(module)
        except ImportError:
            continue
        for name in sorted(dir(holder)):
            function = getattr(holder, name, None)
            if name[0] != "_" and _takes_headers(function) and id(function) not in seen:
                seen.add(id(function))
                yield Entry(f"{module}.{name}".removeprefix("litellm."), function)  # type: ignore[arg-type]


def methods(router: litellm.Router) -> Iterator[Entry]:
    """The Router's methods, those it makes for itself at its start included."""
    for name in sorted(dir(router)):
        method = getattr(router, name, None)
        if name[0] != "_" and _takes_headers(method):
            yield Entry(f"Router.{name}", method)  # type: ignore[arg-type]
