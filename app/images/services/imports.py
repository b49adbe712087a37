"""The way of an import: claimed, fetched, converted, handed over, every file accounted for."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, PortalError, TransitionNotAllowed, ValidationFailed
from app.core.leases import LeaseLost, kept_lease
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.images.conversion import Limits, Options
from app.images.conversion.child import run_conversion
from app.images.models import Import, ImportImage
from app.images.registry import describe_destination, lose_images
from app.images.selectors import can_retry
from app.images.services.deidentification import deidentification_of
from app.images.services.ending import fail, finish, keep_uploads
from app.images.services.making import (
    Maker,
    Reporter,
    empty,
    held,
    remove_unpublished,
    take_back,
)
from app.images.services.outcomes import reopen_failed, settled_names
from app.images.services.staging import plan_files, stage_uploads
from app.images.services.workplace import workplace
from app.uploads.models import UserUpload
from app.uploads.services import discard_uploads

logger = logging.getLogger(__name__)
State = Import.State
Stage = Import.Stage
TASK = "app.images.tasks.run_import"
CLEAR_TASK = "app.images.tasks.clear_import"
LEASE = timedelta(minutes=2)
LEASE_SECONDS = 20.0
MAX_ATTEMPTS = 5
"""Claims in a row that may end without one file settled."""


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
    place = describe_destination(destination, owner, destination_id)
    if not uploads:
        raise ValidationFailed(fields={"uploads": ["Choose at least one file."]})
    source = Import.objects.create(
        owner=owner,
        destination=destination,
        destination_id=destination_id,
        destination_title=place.title[:255],
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
    """Stop an import; a running one notices before it stores more. Its images are taken back."""
    transition(
        source,
        State.CANCELLED,
        actor=actor,
        stage="",
        finished_at=timezone.now(),
        lease_expires_at=None,
    )
    lose_images(source.destination, source)
    keep_uploads(source)
    enqueue_on_commit(CLEAR_TASK, source.pk)


@transaction.atomic
def retry_import(*, actor: User, source: Import, straighten: bool = False) -> None:
    """Queue an import again for the files that failed or were not reached; the others stay.

    With ``straighten`` stacks of a tilted gantry are resampled, which their images then say.
    """
    current = Import.objects.select_for_update().get(pk=source.pk)
    if source.destination_id is not None:
        describe_destination(source.destination, actor, source.destination_id)
    if not can_retry(current):
        raise Conflict(
            "There is nothing to try again in this import.",
            advice="Upload the files again and start a new import.",
        )
    reopen_failed(current)
    transition(
        source,
        State.QUEUED,
        actor=actor,
        reason="tried again, tilt straightened" if straighten else "tried again",
        details={**current.details, **({"tilt": "shear"} if straighten else {})},
        message="",
        finished_at=None,
        idle_attempts=0,
        fetched_files=0,
        looked_files=0,
        done_files=len(settled_names(current)),
    )
    enqueue_on_commit(TASK, source.pk)


@transaction.atomic
def discard_kept_uploads(*, actor: User, source: Import) -> int:
    """Delete the uploads that were kept for another try; return how many."""
    current = Import.objects.select_for_update().get(pk=source.pk)
    if not current.is_finished:
        raise Conflict("The import is under way.", advice="Cancel it first.")
    kept = current.uploads.count()
    discard_uploads(current.uploads.all())
    record("images.import.discarded", obj=current, actor=actor, data={"files": kept})
    return kept


def run_import(import_id: UUID | str) -> None:
    """Do an import that is queued; whatever else the broker delivers is a no-op."""
    source = _claim(import_id)
    if source is None:
        return
    lease = kept_lease(f"import {source.pk}", extend=lambda: _beat(source), every=LEASE_SECONDS)
    try:
        with lease, workplace(source.pk) as folder:
            _work(source, folder)
    except (TransitionNotAllowed, LeaseLost):
        logger.info("Import %s moved on without this worker.", source.pk)
        take_back(source)
    except PortalError as error:
        fail(source, error.message)


def clear_import(import_id: UUID | str) -> None:
    """Take back the images of an import that was cancelled or failed."""
    source = Import.objects.filter(pk=import_id).first()
    if source is not None:
        take_back(source)


def send_due_imports() -> None:
    """Queue again what no worker holds; end what keeps killing its worker."""
    now = timezone.now()
    lost = Import.objects.filter(state=State.RUNNING, lease_expires_at__lt=now)
    for source in lost:
        try:
            _restart(source)
        except TransitionNotAllowed:
            logger.info("Import %s was not lost: it came to its end.", source.pk)
    waiting = Q(state=State.QUEUED, modified__lt=now - timedelta(seconds=60))
    for source in Import.objects.filter(waiting)[:500]:
        enqueue_on_commit(TASK, source.pk)
    left_over = ImportImage.objects.filter(source=OuterRef("pk"), delivered_at=None)
    ended = Import.objects.exclude(state__in=Import.ACTIVE).filter(Exists(left_over))
    for source in ended[:500]:
        enqueue_on_commit(CLEAR_TASK, source.pk)


def _work(source: Import, folder: Path) -> None:
    """Fetch, look, convert and deliver; stopped anywhere, the next attempt goes on from there."""
    reporter = Reporter(source)
    reporter.stage(Stage.FETCHING)
    remove_unpublished(source)
    plan = plan_files(source)
    staged = folder / "in"
    stage_uploads(
        plan,
        staged,
        on_fetch=lambda done, total: reporter.count(final=done == total, fetched_files=done),
    )
    settled = settled_names(source)
    reporter.stage(Stage.LOOKING, done_files=len(settled), looked_files=len(settled))
    report = run_conversion(
        staged,
        empty(folder / "out"),
        limits=Limits(),
        options=Options.of({"tilt": source.details.get("tilt", "refuse")}),
        deidentification=deidentification_of(source),
        skip=settled,
        on_look=lambda looked, total: reporter.count(
            looked_files=min(total, looked + len(settled)), total_files=total, stage=Stage.LOOKING
        ),
        on_progress=lambda done, total: reporter.count(
            total_files=total, looked_files=total, stage=Stage.CONVERTING
        ),
        on_settled=Maker(plan, folder=staged).take,
    )
    reporter.stage(Stage.ADDING)
    with transaction.atomic():
        if not held(source).select_for_update().exists():
            raise LeaseLost
        finish(source, opened=report.opened)


def _restart(source: Import) -> None:
    """Queue what its worker lost, unless that happened too often."""
    if source.idle_attempts >= MAX_ATTEMPTS:
        _give_up(source)
        return
    transition(source, State.QUEUED, reason="lost worker", lease_expires_at=None)
    enqueue_on_commit(TASK, source.pk)


def _give_up(source: Import) -> None:
    """End what came to nothing too often: deliver what there is, or say that there is nothing."""
    remove_unpublished(source)
    try:
        if source.made.filter(delivered_at=None).exists():
            finish(source)
        else:
            fail(source, "The import stopped several times without finishing.")
    except PortalError as error:
        fail(source, error.message)


def _claim(import_id: UUID | str) -> Import | None:
    source = Import.objects.filter(pk=import_id, state=State.QUEUED).first()
    if source is None:
        return None
    try:
        transition(
            source,
            State.RUNNING,
            attempts=source.attempts + 1,
            idle_attempts=source.idle_attempts + 1,
            lease_expires_at=timezone.now() + LEASE,
        )
    except TransitionNotAllowed:
        return None
    return source


def _beat(source: Import) -> bool:
    return bool(held(source).update(lease_expires_at=timezone.now() + LEASE))
