"""How a worker talks to the portal; see `base`."""

from app.execution.gateway.base import (
    ENCLOSED_BYTES,
    MOST_ENCLOSED,
    Assignment,
    Enclosed,
    Ending,
    Gateway,
    NextCase,
    Report,
    Sent,
    Slip,
    Warmth,
)

__all__ = [
    "ENCLOSED_BYTES",
    "MOST_ENCLOSED",
    "Assignment",
    "Enclosed",
    "Ending",
    "Gateway",
    "NextCase",
    "Report",
    "Sent",
    "Slip",
    "Warmth",
]
