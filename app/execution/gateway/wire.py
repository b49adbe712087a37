"""What travels between worker and portal, as JSON; both ends check it when they read it."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.execution.contract import RunSpec
from app.execution.gateway.base import Assignment, Ending, NextCase, Report, Sent, Slip

_ASSIGNMENT = TypeAdapter(Assignment)
_REPORT = TypeAdapter(Report)
_SLIP = TypeAdapter(Slip)
_ENDING = TypeAdapter(Ending)
_NEXT = TypeAdapter(NextCase)

__all__ = [
    "Assignment",
    "Ending",
    "NextCase",
    "Report",
    "RunSpec",
    "Sent",
    "Slip",
    "ValidationError",
    "dumped",
    "read_assignment",
    "read_ending",
    "read_next",
    "read_report",
    "read_slip",
]


def dumped(message: Assignment | Report | Slip | Ending | NextCase) -> Any:
    """Return a message as plain JSON values."""
    kinds = {
        Assignment: _ASSIGNMENT,
        Report: _REPORT,
        Slip: _SLIP,
        Ending: _ENDING,
        NextCase: _NEXT,
    }
    adapter: TypeAdapter[Any] = kinds[type(message)]  # type: ignore[assignment, index]
    return adapter.dump_python(message, mode="json")


def read_assignment(content: bytes) -> Assignment:
    """Return the assignment in a portal's answer."""
    return _ASSIGNMENT.validate_json(content)


def read_next(content: bytes) -> NextCase:
    """Return what a portal says that a warm container does next."""
    return _NEXT.validate_json(content)


def read_slip(content: bytes) -> Slip:
    """Return the slip in a portal's answer."""
    return _SLIP.validate_json(content)


def read_report(values: Any) -> Report:
    """Return the report in a worker's request."""
    return _REPORT.validate_python(values)


def read_ending(values: Any) -> Ending:
    """Return the ending in a worker's request."""
    return _ENDING.validate_json(json.dumps(values))  # bytes are base64 in JSON only
