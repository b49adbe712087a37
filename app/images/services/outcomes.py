"""The account of an import's files: one row for each, written again and again to the same end."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import QuerySet

from app.images.conversion import CODES, ConvertedImage, FileIssue
from app.images.models import Image, Import, ImportFile

Outcome = ImportFile.Outcome
_WRITTEN = ("upload", "path", "outcome", "code", "message", "advice", "image")
NOT_REACHED = "NotReached"


@dataclass
class Plan:
    """What the uploads of an import are called on disk and by their owner."""

    source: Import
    uploads: dict[str, ImportFile] = field(default_factory=dict)
    """Name → the row of the upload itself."""

    def row_of(self, name: str) -> ImportFile | None:
        """Return the row of the upload that a file is, or that it was found in."""
        parts = PurePosixPath(name).parts
        for length in range(len(parts), 0, -1):
            found = self.uploads.get("/".join(parts[:length]))
            if found is not None:
                return found
        return None

    def shown(self, name: str) -> str:
        """Return the owner's name of a file, or of an entry of an archive."""
        row = self.row_of(name)
        if row is None:
            return name[:500]
        return (row.path + name[len(row.name) :])[:500]


def file_key(name: str, what: str = "") -> UUID:
    """Return the key of the row of a file; ``what`` tells further rows of one file apart."""
    return _digest(name, what)


def image_key(image: ConvertedImage, *, ordinal: int) -> UUID:
    """Return the key of an image: its files, and the how manyth image of just these it is."""
    return _digest(*sorted(map(str, image.sources)), f"#{ordinal}")


def write_settled(
    plan: Plan,
    *,
    images: Sequence[tuple[UUID, ConvertedImage, Image | None]],
    issues: Iterable[FileIssue],
) -> int:
    """Write what became of files, images with their keys; return how many files these are.

    The first result of a file goes into the row that waits for it, further ones get rows of their
    own. Run it in the transaction that publishes the images.
    """
    rows: dict[UUID, ImportFile] = {}
    seen: set[str] = set()

    def add(name: str, what: str, **values: object) -> None:
        key = file_key(name, what if name in seen else "")
        seen.add(name)
        rows[key] = _row(plan, name, key=key, **values)

    for key, converted, image in images:
        for file in dict.fromkeys(map(str, converted.sources)):
            add(file, str(key), outcome=Outcome.USED, image=image)
    for issue in issues:
        add(
            str(issue.file),
            issue.code,
            outcome=_outcome(issue),
            code=issue.code,
            message=issue.message,
            advice=issue.advice,
        )
    ImportFile.objects.bulk_create(
        rows.values(),
        batch_size=1000,
        update_conflicts=True,
        unique_fields=("source", "key"),
        update_fields=_WRITTEN,
    )
    return len(seen)


def settled_names(source: Import) -> set[str]:
    """Return the names of files that need no further work."""
    rows = source.files.exclude(name="").values_list("name", "outcome")
    waiting = {name for name, outcome in rows if outcome in (Outcome.WAITING, Outcome.OPENED)}
    return {name for name, _ in rows} - waiting


def close_account(source: Import, *, opened: Iterable[str]) -> None:
    """Take opened archives out of the account; what still waits was not reached."""
    keys = [file_key(name) for name in opened]
    source.files.filter(key__in=keys, outcome=Outcome.WAITING).update(outcome=Outcome.OPENED)
    source.files.filter(outcome=Outcome.WAITING).update(
        outcome=Outcome.FAILED,
        code=NOT_REACHED,
        message="The import ended before this file.",
        advice=CODES[NOT_REACHED].advice,
    )


def reopen_failed(source: Import) -> None:
    """Let the files that failed and are still there wait again, with all that is known of them."""
    failed = source.files.filter(outcome=Outcome.FAILED, upload__isnull=False)
    names = list(failed.values_list("name", flat=True))
    uploads = list(failed.values_list("upload_id", flat=True).distinct())
    source.files.filter(name__in=names, whole=False).delete()
    _wait(source.files.filter(upload_id__in=uploads, whole=True).exclude(outcome=Outcome.USED))
    _wait(source.files.filter(name__in=names, whole=True))


def reopen_files_of(image: Image) -> None:
    """Let the files of an image that is taken back wait again."""
    rows = ImportFile.objects.filter(source=image.source_id)
    names = list(rows.filter(image=image).values_list("name", flat=True))
    rows.filter(name__in=names, whole=False).delete()
    _wait(rows.filter(name__in=names, whole=True))


def failed_uploads(source: Import) -> set[UUID]:
    """Return the uploads of which some file was not usable."""
    rows = source.files.filter(outcome=Outcome.FAILED, upload__isnull=False)
    return {pk for pk in rows.values_list("upload_id", flat=True) if pk is not None}


def _wait(rows: QuerySet[ImportFile]) -> None:
    rows.update(outcome=Outcome.WAITING, image=None, code="", message="", advice="")


def _row(plan: Plan, name: str, *, key: UUID, **values: object) -> ImportFile:
    upload = plan.row_of(name)
    return ImportFile(
        source=plan.source,
        upload_id=upload.upload_id if upload else None,
        whole=upload is not None and upload.key == key,
        name=name,
        key=key,
        path=plan.shown(name),
        **values,
    )


def _outcome(issue: FileIssue) -> str:
    return Outcome.FAILED if CODES[issue.code].kind == "error" else Outcome.SKIPPED


def _digest(*words: str) -> UUID:
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return UUID(bytes=hashlib.sha256(text).digest()[:16])
