"""Keeping the DICOM instances of an image set beside the image they made."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from app.core.ids import new_id
from app.core.storage import get_store
from app.images.models import Image, ImageInstance

logger = logging.getLogger(__name__)
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


def store_instances(image: Image, *, sources: Iterable[Path], folder: Path) -> list[ImageInstance]:
    """Put the files that made ``image`` into storage; the rows are not in the database yet.

    The converter has read these very files in its child process; of each only the header is
    looked at again. What has no valid SOP Instance UID, or one twice, is left out.
    """
    found: dict[str, ImageInstance] = {}
    for source in sources:
        path = folder / source
        uid = _uid_of(path)
        if uid and uid not in found:
            key = f"images/{image.pk}/{new_id()}.dcm"
            size = get_store().put_file(path, key=key).size
            found[uid] = ImageInstance(image=image, sop_instance_uid=uid, key=key, size=size)
    return list(found.values())


def _uid_of(path: Path) -> str:
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        uid = str(header.get("SOPInstanceUID", ""))
    except (InvalidDicomError, OSError, ValueError, EOFError, KeyError):
        logger.info("A source of an image is no DICOM instance.")
        return ""
    return uid if len(uid) <= 64 and _UID.fullmatch(uid) else ""
