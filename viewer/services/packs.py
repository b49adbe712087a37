"""Making slice packs, and knowing how far they are."""

import hashlib
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from app.core.ids import new_id
from app.core.scratch import scratch_folder
from app.core.states import transition
from app.core.storage import FolderStore, ObjectMissing, ObjectStore, get_store
from app.core.tasks import enqueue_on_commit
from app.images.models import Image, ImageFile
from app.images.slices import PackError, write_pack
from viewer.models import SlicePack

logger = logging.getLogger(__name__)

MAX_SECONDS = 1800
LEASE = timedelta(seconds=MAX_SECONDS + 60)
MAX_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=30)
OVERDUE = timedelta(seconds=90)
NO_VOLUME = "This image has no volume that the slice viewer could show."
GAVE_UP = (
    "The slices could not be made in several attempts. Ask an administrator to look at the log."
)


@dataclass(frozen=True)
class PackStatus:
    """How far a pack is, read from the database: the truth."""

    state: SlicePack.State
    message: str = ""
    waiting: timedelta = timedelta()

    @property
    def is_ready(self) -> bool:
        """Tell whether slices can be read."""
        return self.state == SlicePack.State.READY

    @property
    def is_failed(self) -> bool:
        """Tell whether it will not become ready by itself."""
        return self.state == SlicePack.State.FAILED


def request_pack(image_id: UUID) -> None:
    """See to it that the image gets a pack; asking again is fine.

    A pack that failed is tried again, though not within half a minute: the reason is told first.
    """
    from viewer.tasks import make_slice_pack

    with transaction.atomic():
        pack = _locked(image_id)
        if pack is None or (pack.state == SlicePack.State.READY and _file(image_id)):
            return
        if pack.state == SlicePack.State.FAILED:
            if pack.modified > timezone.now() - RETRY_AFTER:
                return
            transition(pack, SlicePack.State.QUEUED, message="", attempts=0)
        elif pack.state == SlicePack.State.READY:
            transition(pack, SlicePack.State.QUEUED, message="", attempts=0)
        enqueue_on_commit(make_slice_pack, image_id)


def pack_status(image_id: UUID) -> PackStatus:
    """Return how far the pack of an image is."""
    pack = SlicePack.objects.filter(pk=image_id).first()
    if pack is None:
        return PackStatus(SlicePack.State.QUEUED)
    return PackStatus(
        SlicePack.State(pack.state), pack.message, waiting=timezone.now() - pack.modified
    )


def make_pack(image_id: UUID) -> None:
    """Make the pack of an image and store it. Runs twice or never without harm."""
    if not _claimed(image_id):
        return
    try:
        _make(image_id)
    except PackError as error:
        _release(image_id, SlicePack.State.FAILED, message=error.message)
    except ObjectMissing:
        _release(
            image_id, SlicePack.State.FAILED, message="The image's file is not stored any more."
        )
    except Exception:  # the storage, the disk, a lost race: a later attempt may go well
        logger.exception("Slice pack of %s; the reconciler tries again.", image_id)
        _release(image_id, SlicePack.State.QUEUED, message="")


def discard_pack(image_id: UUID) -> None:
    """Throw a damaged pack away and have it made again: it holds nothing that the image has not."""
    from viewer.tasks import make_slice_pack

    with transaction.atomic():
        pack, file = _locked(image_id), _file(image_id)
        if pack is None or file is None:
            return
        file.delete()
        transaction.on_commit(lambda: get_store().delete(file.key), robust=True)
        if pack.state == SlicePack.State.READY:
            transition(pack, SlicePack.State.QUEUED, reason="damaged", message="", attempts=0)
        enqueue_on_commit(make_slice_pack, image_id)


def requeue_due_packs() -> int:
    """Enqueue packs that wait without a message in the broker, or whose worker was lost."""
    from viewer.tasks import make_slice_pack

    now = timezone.now()
    lost = Q(state=SlicePack.State.RUNNING, lease_expires_at__lt=now)
    forgotten = Q(state=SlicePack.State.QUEUED, modified__lt=now - OVERDUE)
    due = list(SlicePack.objects.filter(lost | forgotten).order_by("modified")[:200])
    for pack in due:
        with transaction.atomic():
            SlicePack.objects.filter(pk=pack.pk, state=SlicePack.State.QUEUED).update(modified=now)
            enqueue_on_commit(make_slice_pack, pack.pk)
    return len(due)


def _locked(image_id: UUID) -> SlicePack | None:
    """The row under a lock, made where it is missing; nothing for an image that is gone."""
    rows = SlicePack.objects.select_for_update(of=("self",))
    pack = rows.filter(pk=image_id).first()
    if pack is None and Image.objects.filter(pk=image_id).exists():
        try:
            with transaction.atomic():
                SlicePack.objects.create(pk=image_id)
        except IntegrityError:
            logger.debug("Slice pack row of %s was made at the same moment.", image_id)
        pack = rows.get(pk=image_id)
    return pack


def _file(image_id: UUID) -> ImageFile | None:
    return ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.SLICES).first()


def _claimed(image_id: UUID) -> bool:
    """Take the work, unless it is done or somebody else does it."""
    now = timezone.now()
    with transaction.atomic():
        pack = _locked(image_id)
        if pack is None:
            return False
        if _file(image_id):
            if pack.state != SlicePack.State.READY:
                transition(pack, SlicePack.State.READY, message="", lease_expires_at=None)
            return False
        if pack.state == SlicePack.State.RUNNING:
            if pack.lease_expires_at is not None and pack.lease_expires_at > now:
                return False
            transition(pack, SlicePack.State.QUEUED, reason="lost worker", lease_expires_at=None)
        if pack.state != SlicePack.State.QUEUED:
            return False
        if pack.attempts >= MAX_ATTEMPTS:
            transition(pack, SlicePack.State.FAILED, reason="platform fault", message=GAVE_UP)
            return False
        attempts = pack.attempts + 1
        transition(pack, SlicePack.State.RUNNING, attempts=attempts, lease_expires_at=now + LEASE)
        return True


def _release(image_id: UUID, state: SlicePack.State, *, message: str) -> None:
    """Give the work back, or end it with a reason."""
    with transaction.atomic():
        pack = _locked(image_id)
        if pack is not None and pack.state == SlicePack.State.RUNNING:
            transition(pack, state, reason=message, message=message, lease_expires_at=None)


def _make(image_id: UUID) -> None:
    source = ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.MHA).first()
    if source is None:
        raise PackError("unsupported", NO_VOLUME)
    store = get_store()
    with scratch_folder("slices") as folder:
        pack = folder / "image.slices"
        with _local_copy(store, source.key, folder=folder) as mha:
            write_pack(mha, pack)
        _publish(store, pack, image_id=image_id)


@contextmanager
def _local_copy(store: ObjectStore, key: str, *, folder: Path) -> Iterator[Path]:
    """A path to read an object at: the object itself where it lies on this machine."""
    if isinstance(store, FolderStore):
        store.stat(key)
        yield store.path_of(key)
        return
    path = folder / "image.mha"
    store.fetch_to(key, path=path)
    yield path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(store: ObjectStore, pack: Path, *, image_id: UUID) -> None:
    """Store the pack, then write its row; an object that lost the race is removed again."""
    file_id = new_id()
    key = f"images/{image_id}/{file_id}.slices"
    with ThreadPoolExecutor(1) as pool:
        digest = pool.submit(_digest, pack)
        stored = store.put_file(pack, key=key, content_type="application/octet-stream")
    with transaction.atomic():
        row = _locked(image_id)
        wanted = row is not None and _file(image_id) is None
        if row is not None and wanted:
            ImageFile.objects.create(
                id=file_id,
                image_id=image_id,
                kind=ImageFile.Kind.SLICES,
                key=key,
                size=stored.size,
                sha256=digest.result(),
            )
        if row is not None and row.state != SlicePack.State.READY:
            transition(row, SlicePack.State.READY, message="", lease_expires_at=None)
    if not wanted:
        store.delete(key)
