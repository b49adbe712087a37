"""What is known of the request under way, for logs and audit events."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RequestContext:
    """Who asks, from where, under which request id."""

    request_id: str = ""
    address: str = ""
    actor: Any = None


_NOTHING = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("request_context", default=_NOTHING)


def current() -> RequestContext:
    """Return the context of the request under way, or an empty one."""
    return _current.get()


def set_current(context: RequestContext) -> None:
    """Set the context for the running task or thread."""
    _current.set(context)
