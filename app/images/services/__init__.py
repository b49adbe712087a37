"""Verbs on images and imports."""

from app.images.services.imports import (
    cancel_import,
    clear_import,
    discard_kept_uploads,
    retry_import,
    run_import,
    send_due_imports,
    start_import,
)
from app.images.services.storing import (
    StoredImage,
    discard_stored,
    publish_image,
    store_image,
)

__all__ = [
    "StoredImage",
    "cancel_import",
    "clear_import",
    "discard_kept_uploads",
    "discard_stored",
    "publish_image",
    "retry_import",
    "run_import",
    "send_due_imports",
    "start_import",
    "store_image",
]
