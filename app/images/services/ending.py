"""How an import ends: its images delivered at once, or none of them; its owner told."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from app.core.errors import NotFound, TransitionNotAllowed
from app.core.states import transition
from app.images.models import Image, Import, ImportFile
from app.images.news import IMPORT_DONE, IMPORT_FAILED
from app.images.registry import describe_destination, lose_images
from app.images.services.making import take_back
from app.images.services.outcomes import close_account, failed_uploads
from app.images.services.quarantine import hand_over_images
from app.notifications.services import notify
from app.uploads.models import UserUpload
from app.uploads.services import discard_uploads

logger = logging.getLogger(__name__)
State = Import.State


@transaction.atomic
def finish(source: Import, *, opened: Iterable[str] = ()) -> None:
    """Deliver what was made and end the import; call it while nobody else can work on it.

    The destination gets its images in the very transaction that ends the import, so it gets each
    once. Uploads of files that failed stay a week, so that they can be tried again.
    """
    Import.objects.select_for_update().get(pk=source.pk)
    close_account(source, opened=opened)
    made = source.made.filter(delivered_at=None)
    found = Image._base_manager.filter(pk__in=made.values("image_pk"))
    images = list(found.order_by("created", "pk"))
    any_made = source.made.exists()
    failed = source.files.filter(outcome=ImportFile.Outcome.FAILED).exists()
    state = (State.PARTIAL if failed else State.SUCCEEDED) if any_made else State.FAILED
    transition(
        source,
        state,
        message="" if any_made else "None of the files is an image that can be used.",
        stage="",
        finished_at=timezone.now(),
        lease_expires_at=None,
    )
    if images:
        hand_over_images(source, images)
    elif not source.images.exists():
        lose_images(source.destination, source)
    made.update(delivered_at=timezone.now())
    _let_go_of_uploads(source)
    _tell(source, len(images), waiting=sum(1 for one in images if one.quarantined_at))


def fail(source: Import, message: str) -> None:
    """Give up and take back what was made, unless the import has come to another end."""
    try:
        with transaction.atomic():
            transition(
                source,
                State.FAILED,
                message=message,
                stage="",
                finished_at=timezone.now(),
                lease_expires_at=None,
            )
            lose_images(source.destination, source)
            keep_uploads(source)
            _tell(source, 0)
    except TransitionNotAllowed:
        logger.info("Import %s had ended already.", source.pk)
    take_back(source)


def keep_uploads(source: Import) -> None:
    """Let what is left of the uploads stay for the sweep's week from now on."""
    UserUpload.objects.filter(imports=source).update(modified=timezone.now())


def _let_go_of_uploads(source: Import) -> None:
    discard_uploads(source.uploads.exclude(pk__in=failed_uploads(source)))
    keep_uploads(source)


def _tell(source: Import, count: int, *, waiting: int = 0) -> None:
    place = _place(source)
    words = f"An import{place} failed."
    if source.state != State.FAILED:
        words = f"An import{place} ended without new images."
    if count:
        words = f"{count} image{'' if count == 1 else 's'} imported{place}."
    if waiting:
        words += f" {waiting} of them wait{'s' if waiting == 1 else ''} for a reviewer."
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
