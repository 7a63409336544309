"""The masking of log records: it never raises, whatever is logged and whenever; and no logger of LiteLLM's is without it."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from litellm import _logging
from litellm.caching.redis_cache import RedisCache
from tests.support.environment import clean
from tests.support.watching import tokens_in

# Loggers that exist once LiteLLM is imported, and names a later module, or a later release, may take.
_FUTURE = ("LiteLLM.made-up", "LiteLLM Proxy.made-up", "LiteLLM Proxy.stdout.made-up", "LiteLLM Router.made-up", "litellm.made_up.module")
_NAMED = sorted(
    {each.name for each in vars(_logging).values() if isinstance(each, logging.Logger) and each.name.lower().startswith("litellm")}
)
# The address of a network that is reserved for documentation; the child ends where it connects to anything but loopback.
_CHILD = """
import os, sys
def loopback_only(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        os._exit(70)
sys.addaudithook(loopback_only)
"""


class _Unprintable:
    def __str__(self) -> str:
        raise ValueError("no text of this object")

    __repr__ = __str__


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a handler on the root logger writes, every level included."""
    text = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(text)])
    return text


def _logger(name: str, monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """A logger whose records reach the root, without pytest's handlers there, which raise where a program's do not."""
    logger, root = logging.getLogger(name), logging.getLogger()
    monkeypatch.setattr(root, "handlers", [each for each in root.handlers if not type(each).__module__.startswith("_pytest")])
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(logger, "disabled", False)
    return logger


@pytest.mark.parametrize("name", [*_NAMED, *_FUTURE])
def test_a_wrong_log_call_is_no_error_of_its_callers(
    name: str, written: io.StringIO, names: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A message without a place for its arguments, or an argument without a text, is the handler's to complain of, without a token."""
    logger = _logger(name, monkeypatch)
    logger.error("Redis is down", ValueError(names["token"]))
    logger.error("%s and %s", names["token"])
    logger.error("%d", names["token"])
    logger.debug("%s", _Unprintable())
    logger.debug("held: %s %s", _Unprintable(), {"authorization": f"Bearer {names['token']}"})
    printed = capfd.readouterr()
    told = tokens_in(written.getvalue(), printed.out, printed.err)
    assert not told


@pytest.mark.parametrize("redacting", [True, False], ids=["redacting", "not redacting"])
@pytest.mark.parametrize("name", [*_NAMED, *_FUTURE])
def test_every_logger_masks_a_token(
    name: str,
    redacting: bool,
    written: io.StringIO,
    names: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Children of LiteLLM's loggers, and those that are made later, mask as their parents do, though upstream's redaction is off."""
    monkeypatch.setattr(_logging, "_ENABLE_SECRET_REDACTION", redacting, raising=False)
    logger, own = _logger(name, monkeypatch), io.StringIO()
    handler = logging.StreamHandler(own)
    monkeypatch.setattr(logger, "handlers", [*logger.handlers, handler])
    try:
        raise ValueError(names["token"])
    except ValueError as error:
        logger.warning("said: %s, held: %s", names["token"], {"authorization": f"Bearer {names['token']}"})
        logger.warning(f"said: {names['token']}", extra={"held": names["token"]})
        logger.warning(error, exc_info=True)
    printed = capfd.readouterr()
    told = tokens_in(own.getvalue(), written.getvalue(), printed.out, printed.err)
    assert not told
    assert own.getvalue().count("said: ") == 2 and "ValueError" in own.getvalue()


def test_a_redis_that_is_down_costs_a_cache_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers for Redis, whatever a caller is told is Redis's failure, not one of the line that was to log it."""
    backoff, retry = (pytest.importorskip(f"redis.{name}") for name in ("backoff", "retry"))
    _logger("LiteLLM", monkeypatch)
    cache = RedisCache(host="127.0.0.1", port=1, retry=retry.Retry(backoff.NoBackoff(), 0))
    for call in (lambda: cache.set_cache("one", 1), lambda: cache.get_cache("one"), lambda: cache.increment_cache("one", 1)):
        try:
            call()
        except Exception as failure:
            assert "redis" in f"{type(failure).__module__}.{type(failure).__name__}".lower(), repr(failure)


def _imported(tmp_path: Path, code: str, without: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter that imports LiteLLM and runs some code; it reaches loopback only. `without` names a variable that is not set."""
    # The search path too, so that a mutant is what is imported.
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    clean(variables)
    variables.update(environment)
    variables.pop(without, None)
    command = [sys.executable, "-c", f"{_CHILD}\n{code}"]
    return subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)


def test_a_log_line_during_import_does_not_break_it(tmp_path: Path) -> None:
    """A line that is logged while LiteLLM is imported, as of a price table not fetched, is masked without importing what is not ready."""
    code = """
import logging
class Watch:
    said = False
    def find_spec(self, name, path=None, target=None):
        frame = sys._getframe()
        if name == "litellm.llms" and not self.said:
            self.said = True
            logging.getLogger("LiteLLM").warning("is imported")
        while name == "litellm.llms" and frame is not None:
            if frame.f_code.co_filename == logging.__file__:
                print("a log line imported", name)
            frame = frame.f_back
sys.meta_path.insert(0, Watch())
import litellm
print("imported", len(litellm.model_cost) > 100)
"""
    done = _imported(
        tmp_path,
        code,
        without="LITELLM_LOCAL_MODEL_COST_MAP",  # so that the table is fetched, from where nothing answers
        LITELLM_MODEL_COST_MAP_URL="http://127.0.0.1:1/prices.json",
        LITELLM_LOG="DEBUG",
    )
    assert done.returncode == 0 and done.stdout.splitlines()[-1:] == ["imported True"], done.stderr[-2000:]
    assert "is imported" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr and "a log line imported" not in done.stdout, done.stdout[-500:]


@pytest.mark.skipif(not hasattr(_logging, "verbose_proxy_stdout_logger"), reason="this release has no logger for its standard output")
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "JSON"])
def test_a_process_that_redacts_nothing_masks_a_token(tmp_path: Path, names: dict[str, str], as_json: bool) -> None:
    """With upstream's redaction switched off for a whole process, its standard output's logger prints no token."""
    code = """
import os
from litellm._logging import verbose_proxy_stdout_logger as logger
logger.setLevel("DEBUG")
logger.warning("said: %s", os.environ["SAID"])
logger.info({"said": os.environ["SAID"]})
"""
    settings = {"LITELLM_DISABLE_REDACT_SECRETS": "true", **({"JSON_LOGS": "true"} if as_json else {})}
    done = _imported(tmp_path, code, **settings, SAID=names["token"])
    status, told, said = done.returncode, tokens_in(done.stdout, done.stderr), "said" in done.stdout + done.stderr
    del done  # a failure shows what it compared, and no token is to be shown
    assert status == 0 and said and not told
