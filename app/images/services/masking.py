"""Blackening parts of images in quarantine: a task with a lease, done once or not at all."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.core.errors import TransitionNotAllowed
from app.core.ids import new_id
from app.core.leases import LeaseLost, kept_lease
from app.core.scratch import scratch_folder
from app.core.states import transition
from app.core.storage import ObjectMissing, get_store
from app.core.tasks import enqueue_on_commit
from app.images.conversion.masking import Masked, MaskingError, run_masking
from app.images.models import Image, ImageFile, Instance, Quarantine
from app.images.services.quarantine import MASK_TASK, delete_keys
from app.images.services.studies import recount
from app.images.services.summary import summarize

logger = logging.getLogger(__name__)
State = Quarantine.State
LEASE = timedelta(minutes=2)
LEASE_SECONDS = 20.0
MAX_ATTEMPTS = 3
_FAILED = "The picture could not be masked. Reject it, or accept it only if nothing identifies."


@dataclass
class _New:
    """What has been put into storage and belongs to no row yet."""

    files: dict[UUID, ImageFile] = field(default_factory=dict)
    instances: dict[UUID, Instance] = field(default_factory=dict)
    histogram: dict[str, Any] | None = None

    @property
    def keys(self) -> list[str]:
        rows: list[ImageFile | Instance] = [*self.files.values(), *self.instances.values()]
        return [row.key for row in rows]


def mask_image(quarantine_id: UUID | str) -> None:
    """Mask what was asked for; whatever else the broker delivers is a no-op."""
    quarantine = _claim(quarantine_id)
    if quarantine is None or quarantine.image is None:
        return
    name = f"masking {quarantine.pk}"
    lease = kept_lease(name, extend=lambda: _beat(quarantine), every=LEASE_SECONDS)
    try:
        with lease, scratch_folder("mask") as folder:
            _mask(quarantine, quarantine.image, folder)
    except (MaskingError, ObjectMissing):
        logger.exception("The image of %s could not be masked.", quarantine.pk)
        _end(quarantine, problem=_FAILED)
    except (LeaseLost, TransitionNotAllowed):
        logger.info("The masking %s moved on without this worker.", quarantine.pk)


def send_due_maskings() -> None:
    """Queue again what no worker holds; give up on what keeps killing its worker."""
    now = timezone.now()
    free = Q(lease_expires_at__lt=now) | Q(
        lease_expires_at=None, modified__lt=now - timedelta(seconds=60)
    )
    for quarantine in Quarantine.objects.filter(free, state=State.MASKING)[:500]:
        if quarantine.attempts >= MAX_ATTEMPTS:
            _end(quarantine, problem=_FAILED)
        else:
            enqueue_on_commit(MASK_TASK, quarantine.pk)


def _claim(quarantine_id: UUID | str) -> Quarantine | None:
    with transaction.atomic():
        found = (
            Quarantine.objects.select_for_update(of=("self",))
            .select_related("image")
            .filter(pk=quarantine_id, state=State.MASKING)
            .first()
        )
        now = timezone.now()
        if found is None or (found.lease_expires_at and found.lease_expires_at > now):
            return None
        found.attempts += 1
        found.lease_expires_at = now + LEASE
        found.save(update_fields=["attempts", "lease_expires_at", "modified"])
    return found


def _held(quarantine: Quarantine) -> QuerySet[Quarantine]:
    """Return the row while this claim of it is the running one."""
    return Quarantine.objects.filter(
        pk=quarantine.pk, state=State.MASKING, attempts=quarantine.attempts
    )


def _beat(quarantine: Quarantine) -> bool:
    return bool(_held(quarantine).update(lease_expires_at=timezone.now() + LEASE))


def _end(quarantine: Quarantine, *, problem: str) -> None:
    try:
        transition(quarantine, State.WAITING, problem=problem, wanted=[], lease_expires_at=None)
    except TransitionNotAllowed:
        logger.info("The masking %s had ended already.", quarantine.pk)


def _mask(quarantine: Quarantine, image: Image, folder: Path) -> None:
    """Mask all bytes of an image; the old ones go when the new ones are in place."""
    files = {file.kind: file for file in image.files.all()}
    kept = list(image.instances.all())
    (folder / "in").mkdir()
    source = folder / "in" / "image.mha"
    get_store().fetch_to(files[ImageFile.Kind.MHA].key, path=source)
    paths = {}
    for instance in kept:
        paths[instance.pk] = folder / "in" / f"{instance.pk}.dcm"
        get_store().fetch_to(instance.key, path=paths[instance.pk])
    masked = run_masking(
        source,
        folder / "out",
        rectangles=[(x, y, w, h) for x, y, w, h in quarantine.wanted],
        instances=list(paths.values()),
        inverted=image.photometric == "MONOCHROME1",
    )
    new = _New()
    try:
        _store(new, image, masked, files=files, instances=kept)
        with transaction.atomic():
            if not _held(quarantine).select_for_update().exists():
                raise LeaseLost
            old = _replace(image, new)
            rectangles = [*quarantine.rectangles, *quarantine.wanted]
            changed = {"masked": rectangles, "histogram": new.histogram}
            image.metadata = {**image.metadata, **changed}
            image.save(update_fields=["metadata", "modified"])
            transition(
                quarantine,
                State.WAITING,
                rectangles=rectangles,
                wanted=[],
                problem="",
                lease_expires_at=None,
            )
            transaction.on_commit(lambda: delete_keys(old), robust=True)
    except BaseException:
        delete_keys(new.keys)
        raise


def _store(
    new: _New,
    image: Image,
    masked: Masked,
    *,
    files: dict[str, ImageFile],
    instances: list[Instance],
) -> None:
    """Put the masked bytes into storage under new keys; rows are changed later."""
    store = get_store()
    mha = files[ImageFile.Kind.MHA]
    mha.key = f"images/{image.pk}/{new_id()}.mha"
    new.files[mha.pk] = mha
    mha.size = store.put_file(masked.image, key=mha.key).size
    mha.sha256 = masked.digest
    summary = summarize(masked.image)
    new.histogram = summary.histogram
    for kind, picture in (
        (ImageFile.Kind.THUMBNAIL, summary.thumbnail),
        (ImageFile.Kind.PREVIEW, summary.preview),
    ):
        row = files.get(kind)
        if row is not None and picture:
            row.key = f"images/{image.pk}/{new_id()}.png"
            new.files[row.pk] = row
            store.put_bytes(picture, key=row.key, content_type="image/png")
            row.size = len(picture)
    for instance in instances:
        found = masked.instances.get(f"{instance.pk}.dcm")
        if found is None:
            continue
        instance.key = f"images/{image.pk}/{new_id()}.dcm"
        new.instances[instance.pk] = instance
        instance.size = store.put_file(found.path, key=instance.key).size
        instance.sha256 = found.sha256
        instance.sop_instance_uid = found.sop_instance_uid
        instance.transfer_syntax_uid = found.transfer_syntax_uid


def _replace(image: Image, new: _New) -> list[str]:
    """Point the rows at the masked bytes; drop what could not be masked. Return the old keys."""
    files = ImageFile.objects.select_for_update().filter(image=image)
    instances = Instance.objects.select_for_update().filter(image=image)
    rows: list[ImageFile | Instance] = [*files, *instances]
    old = [row.key for row in rows]
    for file in new.files.values():
        file.save()
    files.exclude(pk__in=new.files).delete()
    for instance in new.instances.values():
        instance.save()
    lost = instances.exclude(pk__in=new.instances)
    series = set(lost.values_list("series", flat=True))
    lost.delete()
    recount(series)
    return old
