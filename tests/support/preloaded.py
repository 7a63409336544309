"""What takes seconds to import, for the process that every proxy of a run is forked from (tests/support/proxy_process.py)."""

from __future__ import annotations

import gc
import os
import sys

from tests.support.environment import clean

clean(os.environ)

# Whatever the environment says: the next run finds it compiled.
sys.dont_write_bytecode = False
# What is imported stays: to look through it for garbage, now and in each proxy, is time for nothing.
gc.disable()
import litellm.proxy.proxy_server  # noqa: E402, F401  # after what it reads as it is imported

gc.freeze()
gc.enable()
