"""Verbs on images, imports and quarantine."""

from app.images.services.deidentification import (
    SettingsChange,
    change_deidentification,
    deidentification_settings,
    forget_deidentification,
)
from app.images.services.frames import frame_count, frame_png
from app.images.services.imports import (
    cancel_import,
    clear_import,
    discard_kept_uploads,
    retry_import,
    run_import,
    send_due_imports,
    start_import,
)
from app.images.services.labels import labels_of
from app.images.services.masking import mask_image, send_due_maskings
from app.images.services.quarantine import (
    accept_images,
    discard_waiting,
    reject_images,
    series_of,
    start_masking,
)
from app.images.services.storing import (
    StoredImage,
    discard_stored,
    publish_image,
    store_image,
)

__all__ = [
    "SettingsChange",
    "StoredImage",
    "accept_images",
    "cancel_import",
    "change_deidentification",
    "clear_import",
    "deidentification_settings",
    "discard_kept_uploads",
    "discard_stored",
    "discard_waiting",
    "forget_deidentification",
    "frame_count",
    "frame_png",
    "labels_of",
    "mask_image",
    "publish_image",
    "reject_images",
    "retry_import",
    "run_import",
    "send_due_imports",
    "send_due_maskings",
    "series_of",
    "start_import",
    "start_masking",
    "store_image",
]
