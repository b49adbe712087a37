"""How a worker talks to the portal; see `base`."""

from app.execution.gateway.base import (
    Assignment,
    Ending,
    Gateway,
    Report,
    Sent,
    Slip,
)

__all__ = ["Assignment", "Ending", "Gateway", "Report", "Sent", "Slip"]
