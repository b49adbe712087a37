"""Executors: interchangeable ways to run a `RunSpec`.

A new one implements `base.Executor`, gets one line in `choose.make_executor`, and must pass
`tests/contract/test_executors.py`.
"""

from app.execution.executors.base import (
    EngineStatus,
    ExecutorError,
    ExecutorUnavailable,
    Exit,
    InputFault,
    PlatformFault,
    StartFailure,
)
from app.execution.executors.choose import Executor, make_executor
from app.execution.executors.log_account import LogChunk
from app.execution.executors.observer import Observer
from app.execution.executors.running import run_to_end
from app.execution.executors.serving import Server, open_server
from app.execution.executors.usage import UsageSample

__all__ = [
    "EngineStatus",
    "Executor",
    "ExecutorError",
    "ExecutorUnavailable",
    "Exit",
    "InputFault",
    "LogChunk",
    "Observer",
    "PlatformFault",
    "Server",
    "StartFailure",
    "UsageSample",
    "make_executor",
    "open_server",
    "run_to_end",
]
