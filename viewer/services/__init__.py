"""Verbs of the viewer."""

from viewer.services.configurations import (
    change_configuration,
    create_configuration,
    delete_configuration,
    save_preferences,
)
from viewer.services.hanging import (
    change_protocol,
    change_viewing,
    create_protocol,
    delete_protocol,
    forget_layout,
    hold_viewing,
    remember_layout,
)
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
    "change_configuration",
    "change_protocol",
    "change_viewing",
    "check_session",
    "create_configuration",
    "create_protocol",
    "delete_configuration",
    "delete_protocol",
    "discard_pack",
    "end_expired_sessions",
    "fail_session",
    "forget_layout",
    "hold_viewing",
    "keep_alive",
    "make_pack",
    "open_session",
    "remember_layout",
    "request_pack",
    "requeue_due_packs",
    "run_session",
    "save_preferences",
    "stop_session",
]
