"""The copy of everything that the portal holds of a person."""

import json
import logging
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.personal_data import personal_data
from app.audit.services import record
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.pictures import picture_key
from app.core.scratch import scratch_folder
from app.core.states import transition
from app.core.storage import ObjectMissing, get_store
from app.core.tasks import enqueue_on_commit
from app.notifications.services import notify
from app.people.models import PersonalExport

logger = logging.getLogger(__name__)
State = PersonalExport.State
KEPT = timedelta(days=7)
FORGOTTEN = timedelta(minutes=15)
MOST_ATTEMPTS = 3
_BUILD = "app.people.tasks.make_personal_export"
_PAGE = "people:data"


def request_export(*, user: User) -> PersonalExport:
    """Have a copy of everything made; the person is told when it can be downloaded."""
    try:
        with transaction.atomic():
            export = PersonalExport.objects.create(user=user)
            record("people.export.requested", obj=export, actor=user)
            enqueue_on_commit(_BUILD, export.pk)
    except IntegrityError:
        raise Conflict(
            "Your data is being put together already.",
            advice="You will find a message in your inbox when it is ready.",
        ) from None
    return export


def build_export(pk: UUID | str) -> None:
    """Write the ZIP, store it and tell the person; an export that is not due is left alone."""
    due = PersonalExport.objects.filter(pk=pk, state=State.QUEUED)
    if not due.update(attempts=F("attempts") + 1, modified=timezone.now()):
        return
    export = due.select_related("user").first()
    if export is None:
        return
    with scratch_folder("export") as folder:
        path = folder / "export.zip"
        _write(path, user=export.user)
        size = get_store().put_file(path, key=export.key, content_type="application/zip").size
    try:
        with transaction.atomic():
            until = timezone.now() + KEPT
            transition(export, State.READY, size=size, expires_at=until)
            notify(
                user=export.user,
                kind="people.export.ready",
                text=f"Your data is ready. Download it before {until:%-d %B}.",
                url=reverse(_PAGE),
            )
    except TransitionNotAllowed:
        logger.info("Export %s was finished or given up meanwhile.", pk)


def sweep_exports() -> int:
    """Remove old copies, send forgotten ones again and give up hopeless ones; return removals."""
    now = timezone.now()
    for export in PersonalExport.objects.filter(state=State.QUEUED, modified__lt=now - FORGOTTEN):
        if export.attempts < MOST_ATTEMPTS:
            enqueue_on_commit(_BUILD, export.pk)
        else:
            _give_up(export)
    removed = 0
    for export in PersonalExport.objects.filter(state=State.READY, expires_at__lt=now):
        remove_export(export)
        removed += 1
    return removed


def remove_export(export: PersonalExport) -> None:
    """Take the file away; the row stays and says so."""
    transition(export, State.REMOVED)
    get_store().delete(export.key)


@transaction.atomic
def _give_up(export: PersonalExport) -> None:
    transition(export, State.FAILED)
    get_store().delete(export.key)
    notify(
        user=export.user,
        kind="people.export.failed",
        text="Your data could not be put together. Try again, or write to the administrators.",
        url=reverse(_PAGE),
    )


def _write(path: Path, *, user: User) -> None:
    """Write row by row, so that somebody with a million answers needs no more memory."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        kinds = personal_data()
        text = render_to_string("people/export_readme.txt", {"person": user, "kinds": kinds})
        archive.writestr("README.txt", text)
        for kind in kinds:
            with archive.open(f"{kind.name}.json", "w", force_zip64=True) as file:
                start = "[\n"
                for row in kind.exporter(user):
                    line = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
                    file.write(f"{start}{line}".encode())
                    start = ",\n"
                file.write(b"\n]\n" if start != "[\n" else b"[]\n")
        _add_picture(archive, user)


def _add_picture(archive: zipfile.ZipFile, user: User) -> None:
    if user.picture is None:
        return
    try:
        with get_store().open(picture_key(user.picture)) as file:
            archive.writestr("picture.webp", file.read())
    except ObjectMissing:
        logger.warning("The picture of user %s is not in the store.", user.pk)
