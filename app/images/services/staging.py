"""Uploads laid out in a folder for the converter, under names that we choose."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from app.core.storage import ObjectMissing
from app.images.models import Import, ImportFile
from app.images.services.outcomes import Plan, file_key
from app.images.services.workplace import check_room
from app.uploads.errors import UploadNotComplete
from app.uploads.models import UserUpload
from app.uploads.services import fetch_upload

UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
OnFetch = Callable[[int, int], None]
Outcome = ImportFile.Outcome


def plan_files(source: Import) -> Plan:
    """Return what the uploads are called on disk, decided once and for all.

    Files that were chosen from one folder stay together, because detached headers name their data
    files; everything else about the given paths is only remembered for display. The transaction
    of the first attempt writes the rows; later ones find them.
    """
    rows = list(source.files.filter(whole=True).select_related("upload"))
    if not rows:
        rows = [
            ImportFile(
                source=source,
                upload=upload,
                whole=True,
                name=name,
                key=file_key(name),
                path=(source.paths.get(str(upload.pk)) or upload.filename)[:500],
            )
            for name, upload in _named(source)
        ]
        ImportFile.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    return Plan(source, {row.name: row for row in rows})


def stage_uploads(plan: Plan, folder: Path, *, on_fetch: OnFetch) -> None:
    """Fetch the files that wait into ``folder``, unless an earlier attempt has left them there.

    What cannot be fetched is accounted for at once. ``on_fetch(fetched, total)`` may raise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting = {n: row for n, row in plan.uploads.items() if row.outcome == Outcome.WAITING}
    _remove_others(folder, keep=set(waiting))
    absent = {n: row for n, row in waiting.items() if not _is_there(folder / n, row.upload)}
    sizes = {name: row.upload.size for name, row in waiting.items() if row.upload}
    to_fetch = sum(sizes.get(name, 0) for name in absent)
    check_room(folder, to_fetch=to_fetch, total=sum(sizes.values()))
    for number, (name, row) in enumerate(waiting.items(), start=1):
        if name in absent and not _fetched(row.upload, folder / name):
            _mark_missing(row)
        on_fetch(len(plan.uploads) - len(waiting) + number, len(plan.uploads))


def _named(source: Import) -> Iterator[tuple[str, UserUpload]]:
    """Yield each upload with a name that is safe on disk and that no other has."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for upload in source.uploads.order_by("created", "pk"):
        given = source.paths.get(str(upload.pk)) or upload.filename
        place = folders.setdefault(str(PurePosixPath(given).parent), f"{len(folders):05d}")
        safe = UNSAFE.sub("_", upload.filename).strip(". ")[-100:] or "file"
        name, number = f"{place}/{safe}", 1
        while name in taken:
            name, number = f"{place}/{number}-{safe}", number + 1
        taken.add(name)
        yield name, upload


def _remove_others(folder: Path, *, keep: set[str]) -> None:
    for path in list(folder.iterdir()):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            continue
        for file in list(path.iterdir()):
            if f"{path.name}/{file.name}" not in keep:
                shutil.rmtree(file) if file.is_dir() else file.unlink()


def _is_there(path: Path, upload: UserUpload | None) -> bool:
    return upload is not None and path.is_file() and path.stat().st_size == upload.size


def _fetched(upload: UserUpload | None, path: Path) -> bool:
    if upload is None:
        return False
    path.parent.mkdir(exist_ok=True)
    try:
        fetch_upload(upload, path=path)
    except (UploadNotComplete, ObjectMissing):
        return False
    return True


def _mark_missing(row: ImportFile) -> None:
    row.outcome = Outcome.FAILED
    row.code = "UploadMissing"
    row.message = "The uploaded file is no longer in storage."
    row.advice = "Upload it again."
    row.upload = None
    row.save(update_fields=["outcome", "code", "message", "advice", "upload"])
