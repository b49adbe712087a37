"""Verbs on uploads."""

from app.uploads.services.adopt import adopt_file
from app.uploads.services.content import (
    consume_upload,
    discard_upload,
    discard_uploads,
    fetch_upload,
    open_upload,
    withdraw_upload,
)
from app.uploads.services.sweep import sweep_uploads
from app.uploads.services.uploads import (
    Announced,
    abort_upload,
    complete_upload,
    list_parts,
    sign_first_part,
    sign_parts,
    start_upload,
    start_uploads,
)

__all__ = [
    "Announced",
    "abort_upload",
    "adopt_file",
    "complete_upload",
    "consume_upload",
    "discard_upload",
    "discard_uploads",
    "fetch_upload",
    "list_parts",
    "open_upload",
    "sign_first_part",
    "sign_parts",
    "start_upload",
    "start_uploads",
    "sweep_uploads",
    "withdraw_upload",
]
