"""Uploads laid out in a folder for the converter, under names that we choose."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.core.errors import PortalError
from app.core.storage import ObjectMissing
from app.images.models import Import, ImportFile
from app.uploads.models import UserUpload
from app.uploads.services import fetch_upload

UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")


@dataclass(frozen=True)
class Staged:
    """The folder, what each file in it is called by its owner, and what could not be fetched."""

    folder: Path
    names: dict[str, str]
    rows: list[ImportFile]

    def shown(self, name: str) -> str:
        """Return the owner's name of a staged file, or of an entry of a staged archive."""
        parts = PurePosixPath(name).parts
        for length in range(len(parts), 0, -1):
            known = self.names.get("/".join(parts[:length]))
            if known is not None:
                return "/".join((known, *parts[length:]))[:500]
        return name[:500]


def stage_uploads(source: Import, folder: Path) -> Staged:
    """Fetch an import's uploads into ``folder``.

    Files that were chosen from one folder stay together, because detached headers name their data
    files; everything else about the given paths is only remembered for display.
    """
    folder.mkdir(parents=True)
    staged = Staged(folder, {}, [])
    folders: dict[str, str] = {}
    for upload in source.uploads.order_by("created"):
        given = source.paths.get(str(upload.pk)) or upload.filename
        parent = str(PurePosixPath(given).parent)
        place = folders.setdefault(parent, f"{len(folders):05d}")
        path = _free_path(folder / place, upload.filename)
        path.parent.mkdir(exist_ok=True)
        try:
            fetch_upload(upload, path=path)
        except (PortalError, ObjectMissing):
            staged.rows.append(_missing(source, upload, given))
        else:
            staged.names[path.relative_to(folder).as_posix()] = given
    return staged


def _free_path(folder: Path, filename: str) -> Path:
    safe = UNSAFE.sub("_", filename).strip(". ")[-100:] or "file"
    path, number = folder / safe, 1
    while path.exists():
        path, number = folder / f"{number}-{safe}", number + 1
    return path


def _missing(source: Import, upload: UserUpload, given: str) -> ImportFile:
    return ImportFile(
        source=source,
        path=given[:500],
        outcome=ImportFile.Outcome.FAILED,
        code="UploadMissing",
        message="The uploaded file is no longer in storage.",
        advice="Upload it again.",
    )
