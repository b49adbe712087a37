"""Verbs of the viewer."""

from viewer.services.packs import (
    PackStatus,
    discard_pack,
    make_pack,
    request_pack,
    requeue_due_packs,
)
from viewer.services.sessions import (
    check_session,
    end_expired_sessions,
    fail_session,
    keep_alive,
    open_session,
    run_session,
    stop_session,
)

__all__ = [
    "PackStatus",
    "check_session",
    "discard_pack",
    "end_expired_sessions",
    "fail_session",
    "keep_alive",
    "make_pack",
    "open_session",
    "request_pack",
    "requeue_due_packs",
    "run_session",
    "stop_session",
]
