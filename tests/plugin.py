"""Loaded before pytest-django reads the settings: private servers where none are named.

`make test` starts them itself; this serves a bare `pytest`. With several processes the first one
starts them and the others inherit its environment; which tests share a process is said here, too.
"""

import atexit
import os
from contextlib import ExitStack
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/e2e/": "one portal",
    "tests/viewer/browser/": "one desk",
    "tests/clients/test_gcapi.py": "gcapi's portal",
    "tests/demo/": "the containers of the demo",
    "tests/local/test_demo.py": "one demo",
    "tests/test_query_counts.py": "one full database",
    "tests/execution/test_ending.py": "queues",
    "tests/execution/test_worker.py": "queues",
    "tests/challenges/test_killed_workers.py": "queues",
    "tests/fleet/": "queues",
}
"""Tests that share what takes minutes to make, or that would take each other's messages."""
SHORT = 12
"""Bytes that are longer do not name a test by what they are."""
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


class TogetherScheduling(LoadScopeScheduling):
    """Every test by itself, but those that belong together in one process; large groups first.

    xdist's own ``loadgroup`` hands its marks over in the names of tests, which pytest 9.2 does not
    let it change any more (pytest-xdist issue 1386): it groups nothing, without a word.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """Return the group of a test, which is the test itself if it belongs to none."""
    groups = (group for start, group in TOGETHER.items() if nodeid.startswith(start))
    return next(groups, nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """CI's record keeps some thousand characters: short tracebacks leave room for every failure."""
    if os.environ.get("CI") == "true":
        config.option.tbstyle = "short"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their length: what was packed a second later must have the same name."""
    return f"{argname} of {len(val)}" if isinstance(val, bytes) and len(val) > SHORT else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Keep how many tests came to which end, for the second look of CI."""
    if getattr(config, "cache", None) is not None:  # long checks run without
        ends = ("passed", "failed", "error", "skipped")
        counts = {end: len(terminalreporter.stats.get(end, ())) for end in ends}
        config.cache.set("hounsfield/counts", counts)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    """Share the tests out."""
    return TogetherScheduling(config, log)
