"""The demo's archive and its reader study: files that are drawn, and entries of a seed file."""

import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

from pydicom.data import get_testdata_file

from app.core.slugs import free_slug
from app.images.phantom import Phantom, generate, write_dicom_series
from archives.models import Archive
from reader_studies.models import ReaderStudy

REAL_FILES = {"Small real CT": "CT_small.dcm", "Small real MR": "MR_small.dcm"}
THORAX = "Thorax phantom"
IMAGE_SOCKET = "medical-image"
Shape = tuple[int, int, int]


def archive_and_study(folder: Path, *, shape: Shape) -> dict[str, Any]:
    """Draw one phantom, take two small real images, and describe who reads them."""
    phantom = generate(seed=1, shape=shape)
    images = [draw(folder, phantom, owner="researcher", name="thorax", title=THORAX)]
    for title, name in REAL_FILES.items():
        shutil.copy(str(get_testdata_file(name)), folder / name)
        images.append(image(folder, name, owner="researcher", files=[folder / name], title=title))
    archive = {
        "slug": free_slug(Archive, "Thorax CT phantoms", fallback="archive"),
        "title": "Thorax CT phantoms",
        "description": "A made-up chest with known nodules, and two small real images.",
        "owner": "researcher",
        "members": [{"user": "author", "role": "USER"}],
        "listed": True,
        "access_mode": "MANUAL",
        "requests": [
            {"user": "radiologist", "message": "May I compare the phantom with our own scans?"}
        ],
        "items": items(images, titles=[THORAX, *REAL_FILES]),
    }
    return {
        "images": images,
        "archives": [archive],
        "reader_studies": [_study(cases=[image["id"] for image in images])],
    }


def draw(
    folder: Path,
    phantom: Phantom,
    *,
    owner: str,
    name: str,
    title: str = "",
    pk: UUID | None = None,
) -> dict[str, Any]:
    """Write a phantom as a DICOM series below ``folder`` and describe its image."""
    place = folder / name
    place.mkdir()
    write_dicom_series(phantom, place, patient=f"PHANTOM{phantom.seed}")
    return image(folder, name, owner=owner, files=[place], title=title, pk=pk)


def image(
    folder: Path,
    name: str,
    *,
    owner: str,
    files: list[Path],
    title: str = "",
    pk: UUID | None = None,
) -> dict[str, Any]:
    """Describe an image made of files below the parent of ``folder``, where the seed file is."""
    entry: dict[str, Any] = {
        "id": name,
        "owner": owner,
        "files": [str(path.relative_to(folder.parent)) for path in files],
    }
    return entry | ({"pk": str(pk)} if pk else {}) | ({"name": title} if title else {})


def items(images: list[dict[str, Any]], *, titles: list[str]) -> list[dict[str, Any]]:
    """Describe one case per image, called as the image is."""
    return [
        {"id": one["id"], "title": title, "values": {IMAGE_SOCKET: {"image": one["id"]}}}
        for one, title in zip(images, titles, strict=True)
    ]


def _study(*, cases: list[str]) -> dict[str, Any]:
    title = "Nodules in thorax phantoms"
    options = ("Good", "Acceptable", "Not diagnostic")
    findings = ("Emphysema", "Effusion", "Atelectasis")
    return {
        "slug": free_slug(ReaderStudy, title, fallback="reader-study"),
        "title": title,
        "description": "How many nodules do readers find, and how sure are they?",
        "instructions": "Scroll through every case in a lung window before you answer.",
        "owner": "researcher",
        "members": [{"user": "radiologist", "role": "READER"}],
        "questions": [
            {"text": "Is there a nodule?", "kind": "BOOL"},
            {
                "text": "How many nodules do you see?",
                "kind": "NUMB",
                "minimum": 0,
                "maximum": 20,
            },
            {
                "text": "Image quality",
                "kind": "CHOI",
                "options": [{"title": title} for title in options],
            },
            {
                "text": "What else do you see?",
                "kind": "MCHO",
                "required": False,
                "options": [{"title": title} for title in findings],
            },
            {"text": "Remarks", "kind": "TEXT", "required": False},
        ],
        "display_sets": [{"item": case} for case in cases],
    }
