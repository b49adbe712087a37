"""Images that a person has to look at first: held, accepted, masked, rejected."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, ValidationFailed
from app.core.states import transition
from app.core.storage import get_store
from app.core.tasks import enqueue_on_commit
from app.images.conversion import ConvertedImage
from app.images.models import Image, Import, ImportFile, Quarantine
from app.images.news import IMAGES_WAIT
from app.images.registry import image_ready, lose_images, receive_images
from app.images.reviewing import home_of, reviewers_of
from app.images.services.studies import recount
from app.notifications.services import notify

State = Quarantine.State
MASK_TASK = "app.images.tasks.mask_image"
MAX_RECTANGLES = 50
MAX_BULK = 500


def hold(image: Image, converted: ConvertedImage, *, source: Import) -> Quarantine | None:
    """Quarantine an image whose pixels may show who the patient is; rows are not saved yet.

    Imports to destinations without reviewers (a seed file, which only an administrator follows)
    are taken as they are.
    """
    found = converted.deidentified
    home = home_of(source.destination, source.destination_id)
    if found is None or not found.risk or home is None:
        return None
    image.quarantined_at = timezone.now()
    known = found.risk in Quarantine.Reason.values
    return Quarantine(
        image=image,
        source=source,
        scope=home[0],
        scope_id=home[1],
        series=found.series_uid,
        cause=found.risk if known else Quarantine.Reason.BURNED_IN,
    )


def hand_over_images(source: Import, images: Sequence[Image]) -> None:
    """Give an import's images to their destination, in the transaction that ends the import.

    What is in quarantine is given when it is accepted; its reviewers are told that it waits.
    """
    free = [image for image in images if image.quarantined_at is None]
    if free:
        receive_images(source.destination, source, free)
    waiting = len(images) - len(free)
    home = home_of(source.destination, source.destination_id)
    if not waiting or home is None:
        return
    record("images.quarantine.held", obj=source, actor=source.owner, data={"count": waiting})
    words = "1 image waits" if waiting == 1 else f"{waiting} images wait"
    for person in reviewers_of(*home):
        notify(
            user=person,
            kind=IMAGES_WAIT,
            text=f"{words} for your review: the pixels may show who the patient is.",
            url=f"/images/review/{home[0]}/{home[1]}/",
        )


@transaction.atomic
def accept_images(*, actor: User, chosen: Iterable[Quarantine]) -> int:
    """Let images out of quarantine: each is published and goes to its destination."""
    count = 0
    for quarantine in chosen:
        image = _image_of(quarantine)
        transition(
            quarantine, State.ACCEPTED, actor=actor, decided_at=timezone.now(), decided_by=actor
        )
        image.quarantined_at = None
        image.save(update_fields=["quarantined_at", "modified"])
        _record("images.quarantine.accepted", quarantine, image=image, actor=actor)
        image_ready(image.pk)
        if quarantine.source is not None and _is_delivered(quarantine.source, image):
            receive_images(quarantine.source.destination, quarantine.source, [image])
        count += 1
    return count


@transaction.atomic
def reject_images(*, actor: User, chosen: Iterable[Quarantine], note: str) -> int:
    """Delete images with their bytes; their files are told why."""
    if not note.strip():
        raise ValidationFailed(fields={"note": ["Say why, so that the uploader knows what to do."]})
    count = 0
    for quarantine in chosen:
        image = _image_of(quarantine)
        transition(
            quarantine,
            State.REJECTED,
            actor=actor,
            note=note.strip(),
            decided_at=timezone.now(),
            decided_by=actor,
        )
        _record(
            "images.quarantine.rejected", quarantine, image=image, actor=actor, note=note.strip()
        )
        _tell_files(image, note=note.strip())
        quarantine.image = None
        quarantine.save(update_fields=["image", "modified"])
        _delete(image)
        _lose(quarantine.source)
        count += 1
    return count


@transaction.atomic
def start_masking(
    *, actor: User, quarantine: Quarantine, rectangles: Sequence[Sequence[int]]
) -> None:
    """Queue the blackening of rectangles in every frame; the image waits on afterwards."""
    image = _image_of(quarantine)
    wanted = _checked(rectangles, width=image.size[0], height=image.size[1])
    transition(
        quarantine,
        State.MASKING,
        actor=actor,
        wanted=wanted,
        problem="",
        attempts=0,
        lease_expires_at=None,
    )
    _record("images.quarantine.masked", quarantine, image=image, actor=actor, rectangles=wanted)
    enqueue_on_commit(MASK_TASK, quarantine.pk)


@transaction.atomic
def discard_waiting(*, actor: User, scope: str, scope_id: UUID) -> None:
    """Reject whatever waits in a place that is being deleted."""
    waiting = Quarantine.objects.of(scope, scope_id).open()
    for quarantine in waiting.select_related("image", "source"):
        if quarantine.state == State.MASKING:
            transition(quarantine, State.WAITING, actor=actor)
        reject_images(actor=actor, chosen=[quarantine], note="The place it was for was deleted.")


def series_of(quarantine: Quarantine, queue: Any) -> list[Quarantine]:
    """Return what waits in ``queue`` of the same series, itself first."""
    same = Q(pk=quarantine.pk)
    if quarantine.series:
        same |= Q(series=quarantine.series, scope=quarantine.scope, scope_id=quarantine.scope_id)
    waiting = queue.filter(same, state=State.WAITING).select_related("image", "source")
    return sorted(waiting[:MAX_BULK], key=lambda one: one.pk != quarantine.pk)


def _checked(rectangles: Sequence[Sequence[int]], *, width: int, height: int) -> list[list[int]]:
    """Return the rectangles if all lie within the frame; raises `ValidationFailed`."""
    if not rectangles:
        raise ValidationFailed(fields={"rectangles": ["Draw or enter at least one rectangle."]})
    if len(rectangles) > MAX_RECTANGLES:
        raise ValidationFailed(fields={"rectangles": [f"At most {MAX_RECTANGLES} rectangles."]})
    for x, y, w, h in rectangles:
        if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
            message = f"Every rectangle must lie within the {width} × {height} picture."
            raise ValidationFailed(fields={"rectangles": [message]})
    return [list(map(int, one)) for one in rectangles]


def _is_delivered(source: Import, image: Image) -> bool:
    """Tell whether the import gave its images away already; one under way still will."""
    Import.objects.select_for_update().get(pk=source.pk)
    return not source.made.filter(image_pk=image.pk, delivered_at=None).exists()


def _image_of(quarantine: Quarantine) -> Image:
    if quarantine.image is None:
        raise Conflict("This image was decided on already.")
    return quarantine.image


def _record(
    name: str, quarantine: Quarantine, *, image: Image, actor: User, **data: object
) -> None:
    told = {
        "image": str(image.pk),
        "place": quarantine.scope,
        "place_id": str(quarantine.scope_id),
        "cause": quarantine.cause,
        "rectangles": quarantine.rectangles,
    }
    record(name, obj=quarantine, actor=actor, data=told | data)


def _tell_files(image: Image, *, note: str) -> None:
    ImportFile.objects.filter(image=image).update(
        outcome=ImportFile.Outcome.FAILED,
        code="Rejected",
        message=f"A reviewer rejected this image: {note}",
        advice="Remove what identifies the patient at the source, then import it again.",
        image=None,
    )


def _delete(image: Image) -> None:
    """Delete an image, and its bytes once nothing refers to them."""
    keys = [*image.files.values_list("key", flat=True)]
    instances = image.instances.all()
    keys += instances.values_list("key", flat=True)
    series = set(instances.values_list("series", flat=True))
    image.delete()
    recount(series)
    transaction.on_commit(lambda: delete_keys(keys), robust=True)


def delete_keys(keys: Iterable[str]) -> None:
    """Delete bytes that no row refers to any more."""
    store = get_store()
    for key in keys:
        store.delete(key)


def _lose(source: Import | None) -> None:
    """Tell a destination that nothing will come any more, if nothing came and nothing waits."""
    if source is None or not source.is_finished or source.images.exists():
        return
    if not source.quarantined.open().exists():
        lose_images(source.destination, source)
