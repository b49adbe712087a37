"""The way of an import: claimed, fetched, converted, handed over, every file accounted for."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import NotFound, PortalError, TransitionNotAllowed, ValidationFailed
from app.core.leases import kept_lease
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.images.conversion import CODES, FileIssue, Limits
from app.images.conversion.child import ConversionReport, run_conversion
from app.images.models import Image, Import, ImportFile
from app.images.news import IMPORT_DONE, IMPORT_FAILED
from app.images.registry import describe_destination, lose_images
from app.images.services.deidentification import deidentification_of, report_of
from app.images.services.quarantine import hand_over_images
from app.images.services.staging import Staged, stage_uploads
from app.images.services.storing import (
    StoredImage,
    discard_stored,
    publish_image,
    store_image,
)
from app.notifications.services import notify
from app.uploads.models import UserUpload
from app.uploads.services import discard_upload

logger = logging.getLogger(__name__)
State = Import.State
TASK = "app.images.tasks.run_import"
LEASE = timedelta(minutes=2)
LEASE_SECONDS = 20.0
MAX_ATTEMPTS = 5


class LeaseLost(Exception):
    """Another worker has the import now; nothing of this one's work counts."""


@transaction.atomic
def start_import(
    *,
    owner: User,
    destination: str,
    destination_id: UUID,
    uploads: Sequence[UserUpload],
    paths: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Import:
    """Queue an import of completed uploads; the owner must be allowed to add there."""
    describe_destination(destination, owner, destination_id)
    if not uploads:
        raise ValidationFailed(fields={"uploads": ["Choose at least one file."]})
    source = Import.objects.create(
        owner=owner,
        destination=destination,
        destination_id=destination_id,
        paths=dict(paths or {}),
        details=dict(details or {}),
        total_files=len(uploads),
    )
    source.uploads.set(uploads)
    record("images.import.started", obj=source, actor=owner, data={"files": len(uploads)})
    enqueue_on_commit(TASK, source.pk)
    return source


@transaction.atomic
def cancel_import(*, actor: User, source: Import) -> None:
    """Stop an import; a running one notices before it hands anything over."""
    transition(
        source, State.CANCELLED, actor=actor, finished_at=timezone.now(), lease_expires_at=None
    )
    lose_images(source.destination, source)


def run_import(import_id: UUID | str) -> None:
    """Do an import that is queued; whatever else the broker delivers is a no-op."""
    source = _claim(import_id)
    if source is None:
        return
    lease = kept_lease(f"import {source.pk}", extend=lambda: _beat(source), every=LEASE_SECONDS)
    try:
        with lease, tempfile.TemporaryDirectory(prefix="hounsfield-import-") as folder:
            staged = stage_uploads(source, Path(folder) / "in")
            report = run_conversion(
                staged.folder,
                Path(folder) / "out",
                limits=Limits(),
                on_progress=lambda done, total: _report(source, done=done, total=total),
                deidentification=deidentification_of(source),
            )
            _hand_over(source, staged, report)
    except (TransitionNotAllowed, LeaseLost):
        logger.info("Import %s moved on without this worker.", source.pk)
    except PortalError as error:
        _fail(source, error.message)


def send_due_imports() -> None:
    """Queue again what no worker holds; give up on what keeps killing its worker."""
    now = timezone.now()
    lost = Import.objects.filter(state=State.RUNNING, lease_expires_at__lt=now)
    for source in lost:
        if source.attempts >= MAX_ATTEMPTS:
            _fail(source, "The import stopped several times without finishing.")
        else:
            transition(source, State.QUEUED, reason="lost worker", lease_expires_at=None)
            enqueue_on_commit(TASK, source.pk)
    waiting = Q(state=State.QUEUED, modified__lt=now - timedelta(seconds=60))
    for source in Import.objects.filter(waiting)[:500]:
        enqueue_on_commit(TASK, source.pk)


def _claim(import_id: UUID | str) -> Import | None:
    source = Import.objects.filter(pk=import_id, state=State.QUEUED).first()
    if source is None:
        return None
    try:
        transition(
            source,
            State.RUNNING,
            attempts=source.attempts + 1,
            lease_expires_at=timezone.now() + LEASE,
        )
    except TransitionNotAllowed:
        return None
    return source


def _held(source: Import) -> QuerySet[Import]:
    """Return the row while this claim of it is the running one."""
    return Import.objects.filter(pk=source.pk, state=State.RUNNING, attempts=source.attempts)


def _beat(source: Import) -> bool:
    return bool(_held(source).update(lease_expires_at=timezone.now() + LEASE))


def _report(source: Import, *, done: int, total: int) -> None:
    _held(source).update(done_files=done, total_files=total)


def _hand_over(source: Import, staged: Staged, report: ConversionReport) -> None:
    """Store the images and, in one transaction, make them visible where they belong."""
    stored: list[StoredImage] = []
    try:
        for found in report.images:
            stored.append(store_image(found, source=source, pk=_key_wanted(source, report)))
        with transaction.atomic():
            if not _held(source).select_for_update().exists():
                raise LeaseLost
            _finish(source, staged, report, stored)
    except BaseException:
        discard_stored(stored)
        raise


def _key_wanted(source: Import, report: ConversionReport) -> UUID | None:
    """Return the key that the import was told to give to its image, if it makes but one."""
    wanted = source.details.get("image_pk")
    return UUID(wanted) if wanted and len(report.images) == 1 else None


def _finish(
    source: Import, staged: Staged, report: ConversionReport, stored: list[StoredImage]
) -> None:
    images = [publish_image(found) for found in stored]
    rows = [*staged.rows, *_rows(source, staged, report, images)]
    problems = sum(1 for row in rows if row.outcome == ImportFile.Outcome.FAILED)
    done = State.PARTIAL if problems else State.SUCCEEDED
    state = done if stored else State.FAILED
    transition(
        source,
        state,
        message="" if stored else "None of the files is an image that can be used.",
        finished_at=timezone.now(),
        lease_expires_at=None,
        deidentification=report_of(report.images, source=source),
    )
    ImportFile.objects.bulk_create(rows, batch_size=1000)
    if stored:
        hand_over_images(source, images)
    else:
        lose_images(source.destination, source)
    for upload in source.uploads.all():
        discard_upload(upload)
    _tell(source, len(stored))


def _rows(
    source: Import, staged: Staged, report: ConversionReport, images: Sequence[Image]
) -> list[ImportFile]:
    rows = []
    for found, image in zip(report.images, images, strict=True):
        for name in found.sources:
            rows.append(
                ImportFile(
                    source=source,
                    path=staged.shown(str(name)),
                    outcome=ImportFile.Outcome.USED,
                    image=image,
                )
            )
    for issue in report.issues:
        rows.append(
            ImportFile(
                source=source,
                path=staged.shown(str(issue.file)),
                outcome=_outcome(issue),
                code=issue.code,
                message=issue.message,
                advice=issue.advice,
            )
        )
    return rows


def _outcome(issue: FileIssue) -> str:
    notice = CODES[issue.code].kind == "notice"
    return ImportFile.Outcome.SKIPPED if notice else ImportFile.Outcome.FAILED


def _fail(source: Import, message: str) -> None:
    """Give up, unless the import has come to another end meanwhile."""
    try:
        with transaction.atomic():
            transition(
                source,
                State.FAILED,
                message=message,
                finished_at=timezone.now(),
                lease_expires_at=None,
            )
            lose_images(source.destination, source)
            _tell(source, 0)
    except TransitionNotAllowed:
        logger.info("Import %s had ended already.", source.pk)


def _tell(source: Import, count: int) -> None:
    place = _place(source)
    words = f"An import{place} failed."
    if count:
        words = f"{count} image{'' if count == 1 else 's'} imported{place}."
    notify(
        user=source.owner,
        kind=IMPORT_DONE if count else IMPORT_FAILED,
        text=words,
        url=f"/images/imports/{source.pk}/",
    )


def _place(source: Import) -> str:
    """Return where an import goes, in words, if its owner may still know."""
    if source.destination_id is None:
        return ""
    try:
        found = describe_destination(source.destination, source.owner, source.destination_id)
    except NotFound:
        return ""
    return f" into {found.title}"
