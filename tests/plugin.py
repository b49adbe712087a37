"""Loaded before pytest-django reads the settings: private servers where none are named.

`make test` starts them itself; this serves a bare `pytest`. With several processes the first one
starts them and the others inherit its environment.
"""

import atexit
import os
from contextlib import ExitStack

_stack = ExitStack()


def _provide() -> None:
    if os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL"):
        return
    from config.local.servers import private_postgres, private_valkey
    from config.local.slots import free_home

    home = _stack.enter_context(free_home())
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _stack.enter_context(private_postgres(home, durable=False))
    if not os.environ.get("BROKER_URL"):
        os.environ["BROKER_URL"] = _stack.enter_context(private_valkey(home))
    atexit.register(_stack.close)


_provide()
