"""Who is handed a token: a search through whatever hangs on an object, and callbacks that search all that each of their hooks is given.

Nothing of this repository is imported, so that a proxy under test can be given this file as it is.
"""

from __future__ import annotations

import functools
import inspect
import io
import json
import logging
import pickle
import re
import threading
import types
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

import httpx

# A whole token, as tests.support.credentials makes them: its prefix alone stands in settings, and a mask names none.
A_TOKEN: Final = re.compile("-".join(("sk", "ant", "oat01", r"[\w-]{16,}")))
# What hangs on these is the process's, not the call's. A frame is a call that goes on: the token is in use there. A response's stream is
# its transport's, down to the socket on which the token was sent: private to two libraries, printed and serialized by neither.
_NOT_THE_CALLS: Final = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.FrameType,
    types.TracebackType,
    types.CoroutineType,
    types.GeneratorType,
    types.AsyncGeneratorType,
    logging.Logger,
    threading.Thread,
    AbstractEventLoop,
    io.IOBase,
    httpx.SyncByteStream,
    httpx.AsyncByteStream,
)
# Public methods of upstream's classes of callbacks that are no hooks: they decide or compute something for their class, from what a hook of
# it was given. A name that is not here is taken for a hook.
HELPERS: Final = frozenset(
    {
        "add_standard_logging_guardrail_information_to_request_data",
        "apply_stream_scope",
        "deployment_hook_ran",
        "exempt_from_message_redaction",
        "filter_new_texts_for_session",
        "get_disable_global_guardrail",
        "get_guardrail_dynamic_request_body_params",
        "get_guardrail_from_metadata",
        "get_guardrails_messages_for_call_type",
        "get_opted_out_global_guardrails_from_metadata",
        "handle_callback_failure",
        "handle_sensitive_data_detection",
        "inject_advisory_message",
        "mark_pre_call_hook_ran",
        "mark_texts_scanned",
        "mask_content_in_string",
        "post_call_already_checked",
        "pre_call_hook_ran_or_raised",
        "raise_passthrough_exception",
        "raise_sensitive_data_route_exception",
        "redact_standard_logging_payload_from_model_call_details",
        "redacts_messages_itself",
        "render_violation_message",
        "runs_post_call_deployment_hook",
        "should_route_on_sensitive_data",
        "should_run_guardrail",
        "stream_scope_allows",
        "structured_messages_cover_full_request",
        "supports_scan_only_tool_results",
        "supports_structured_messages",
        "truncate_standard_logging_payload_content",
        "update_in_memory_litellm_params",
        "uses_apply_guardrail_interface",
    }
)
# A Router's core, which 1.110 leads to from an answer: the operator's deployments hang on it, each with the key that the operator gave it.
_THE_OPERATORS: Final = frozenset({"RustCore", "PythonCore", "Router"})
_MOST: Final = 100_000
# Enough to find the way by, and not a stream's every chunk.
_SHOWN: Final = 20


def tokens_in(*roots: object) -> list[str]:
    """Where in these objects a whole token stands, each as a path of keys and attributes, shortest first; the token is in none of them.

    Containers, attributes, slots, private fields of models, an exception's arguments, cause and context are searched, and what each object
    says of itself: as text, in its repr, as JSON, pickled. A str is what it says: a type that masks itself need not be looked behind.
    """
    found: list[str] = []
    seen: dict[int, object] = {}  # holds what it has seen, so that no id comes twice
    waiting: deque[tuple[str, object]] = deque((str(number), root) for number, root in enumerate(roots))
    while waiting and len(seen) < _MOST and len(found) < _SHOWN:
        path, value = waiting.popleft()
        if id(value) in seen or value is None or isinstance(value, (int, float, complex, *_NOT_THE_CALLS)):
            continue
        if type(value).__name__ in _THE_OPERATORS and type(value).__module__.startswith("litellm.router"):
            continue
        seen[id(value)] = value
        if _says_a_token(value):
            found.append(path)
        else:
            waiting.extend((A_TOKEN.sub("<token>", f"{path}.{name}"), part) for name, part in _parts(value))
    return found


def _says_a_token(value: object) -> bool:
    if type(value) is str:
        return A_TOKEN.search(value) is not None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return A_TOKEN.search(bytes(value).decode("latin-1")) is not None
    if isinstance(value, (dict, list, tuple, set, frozenset, deque)):
        return False  # its parts are searched
    ways: tuple[Callable[[Any], str], ...] = ()
    if isinstance(value, str):
        ways = (str.__str__, str, repr, format, json.dumps, lambda text: f"{text}%s" % text, _pickled)
    elif type(value).__repr__ is not object.__repr__ or type(value).__str__ is not object.__str__:
        ways = (str, repr, _pickled) if isinstance(value, BaseException) else (str, repr)
    return any(A_TOKEN.search(_said(way, value)) for way in ways)


def _said(way: Callable[[Any], str], value: object) -> str:
    try:
        return way(value)
    except Exception:  # what cannot be said that way says nothing
        return ""


def _pickled(value: object) -> str:
    return pickle.dumps(value).decode("latin-1")


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return
    if isinstance(value, Mapping):
        for key, item in list(value.items()):
            yield "key", key
            yield str(key), item
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        yield from ((str(number), item) for number, item in enumerate(list(value)))
    if isinstance(value, functools.partial):
        yield from (("args", value.args), ("keywords", value.keywords))
    if isinstance(value, BaseException):
        yield from ((name, getattr(value, name)) for name in ("args", "__cause__", "__context__"))
    yield from list(getattr(value, "__dict__", {}).items())
    slots = [slot for kind in type(value).__mro__ for slot in _as_names(vars(kind).get("__slots__", ()))]
    for name in slots:
        try:
            yield name, getattr(value, name)
        except Exception:  # an empty slot, or a model's own idea of a missing attribute
            continue


def _as_names(slots: object) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots) if isinstance(slots, (list, tuple, Mapping)) else ()


def hooks_of(*kinds: type) -> tuple[str, ...]:
    """The hooks that classes of callbacks define, each once, in their order: their public methods, but for helpers."""
    defined = (name for kind in kinds for name, member in vars(kind).items() if inspect.isfunction(member) and name[0] != "_")
    return tuple(dict.fromkeys(name for name in defined if name not in HELPERS))


def watching(kind: type, keep: Callable[[str, tuple[object, ...]], None], hooks: tuple[str, ...]) -> Any:
    """A subclass of a class of callbacks with these hooks overridden: each shows what it is given and goes on as its class would.

    keep: called with a hook's name and all its arguments, each time it is called.
    """
    return type(f"Watching{kind.__name__}", (kind,), {name: _watched(name, getattr(kind, name), keep) for name in hooks})


def _watched(name: str, hook: Callable[..., Any], keep: Callable[[str, tuple[object, ...]], None]) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(hook):

        @functools.wraps(hook)
        async def generated(self: object, *args: object, **kwargs: object) -> AsyncIterator[object]:
            keep(name, (args, kwargs))
            async for part in hook(self, *args, **kwargs):
                yield part

        return generated
    if inspect.iscoroutinefunction(hook):

        @functools.wraps(hook)
        async def awaited(self: object, *args: object, **kwargs: object) -> object:
            keep(name, (args, kwargs))
            return await hook(self, *args, **kwargs)

        return awaited

    @functools.wraps(hook)
    def called(self: object, *args: object, **kwargs: object) -> object:
        keep(name, (args, kwargs))
        return hook(self, *args, **kwargs)

    return called
