"""Images that wait for review, made by real imports of small DICOM objects."""

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from app.accounts.models import User
from app.images.models import Import, Quarantine
from app.images.services import run_import, start_import
from archives.models import Archive
from tests.factories.images import make_upload
from tests.synthetic import dicom

FRAMES, HEIGHT, WIDTH = 3, 12, 10


def ultrasound(*, seed: int = 5) -> Dataset:
    """A short ultrasound loop, bright everywhere, with identifying attributes."""
    random = np.random.default_rng(seed)
    shape = (FRAMES, HEIGHT, WIDTH, 3)
    return dicom.cine(random.integers(100, 255, size=shape).astype(np.uint8))


def capture(*, seed: int = 5) -> Dataset:
    """A gray secondary capture."""
    random = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH)
    return dicom.picture(random.integers(100, 255, size=shape).astype(np.uint8))


def dicom_bytes(*datasets: Dataset) -> list[bytes]:
    """The objects as files."""
    with tempfile.TemporaryDirectory() as folder:
        return [path.read_bytes() for path in dicom.save(datasets, Path(folder))]


def import_dicom(
    archive: Archive, *datasets: Dataset, owner: User | None = None, **rest: Any
) -> Import:
    """Import the objects into an archive, by its editor or by ``owner``."""
    owner = owner or archive.memberships.get(role="EDITOR").user
    uploads = [
        make_upload(owner=owner, content=content, filename=f"{number}.dcm")
        for number, content in enumerate(dicom_bytes(*datasets))
    ]
    values: dict[str, Any] = {"destination": "archive", "destination_id": archive.pk}
    source = start_import(owner=owner, uploads=uploads, **(values | rest))
    run_import(source.pk)
    source.refresh_from_db()
    return source


def make_quarantined(archive: Archive, *, owner: User | None = None) -> Quarantine:
    """An ultrasound loop that waits in an archive."""
    return import_dicom(archive, ultrasound(), owner=owner).quarantined.get()


def read(content: bytes) -> Dataset:
    """Parse a stored DICOM file."""
    from pydicom import dcmread

    return dcmread(io.BytesIO(content))
