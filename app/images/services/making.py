"""Images of an import as they come: stored, published, and their files accounted for, once."""

import logging
import shutil
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, ProtectedError, QuerySet
from django.utils import timezone

from app.core.ids import new_id
from app.core.leases import LeaseLost
from app.core.storage import get_store
from app.images.conversion import ConvertedImage
from app.images.conversion.child import Settled
from app.images.models import Image, Import, ImportImage
from app.images.services.deidentification import add_reports
from app.images.services.outcomes import Plan, image_key, reopen_files_of, write_settled
from app.images.services.storing import (
    StoredImage,
    discard_stored,
    publish_image,
    store_image,
)
from app.images.services.studies import recount

logger = logging.getLogger(__name__)
_REPORT_EVERY = 0.5  # seconds
Stage = Import.Stage


def held(source: Import) -> QuerySet[Import]:
    """Return the row while this claim of it is the running one."""
    return Import.objects.filter(pk=source.pk, state=Import.State.RUNNING, attempts=source.attempts)


class Reporter:
    """Writes down how far an import is, now and then; raises `LeaseLost` when it moved on."""

    def __init__(self, source: Import) -> None:
        self._source = source
        self._last = 0.0
        self._unwritten: dict[str, int | str] = {}

    def stage(self, stage: str, **numbers: int) -> None:
        """Enter a stage."""
        self._write(stage=stage, **numbers)

    def count(self, *, final: bool = False, **numbers: int | str) -> None:
        """Write numbers now, or with the next ones if that was done a moment ago."""
        self._unwritten |= numbers
        if final or time.monotonic() - self._last >= _REPORT_EVERY:
            self._write()

    def _write(self, **values: int | str) -> None:
        self._last = time.monotonic()
        values = self._unwritten | values
        self._unwritten = {}
        if not held(self._source).update(**values):
            raise LeaseLost


class Maker:
    """Takes what the converter settles and makes images of it; may be stopped at any point.

    An `ImportImage` row is written first, then the bytes, then, in one transaction, the image and
    the account of its files. Whatever dies between leaves a row that says where to clean up.
    """

    def __init__(self, plan: Plan, *, folder: Path) -> None:
        self._plan = plan
        self._source = plan.source
        self._folder = folder
        self._ordinals: Counter[tuple[str, ...]] = Counter()

    def take(self, settled: Settled) -> None:
        """Make the images of one settled piece; raise `LeaseLost` if the import moved on."""
        made = [(self._key(found), found) for found in settled.images]
        stored: dict[UUID, StoredImage | None] = {}
        try:
            for key, found in made:
                stored[key] = self._stored(key, found)
            self._publish(made, stored, settled)
        except LeaseLost:  # anything else is cleaned up after by the next attempt
            discard_stored(one for one in stored.values() if one is not None)
            raise
        for found in settled.images:
            for path in found.paths:
                path.unlink(missing_ok=True)
            for name in found.sources:
                self._drop(self._folder / name)

    def _key(self, found: ConvertedImage) -> UUID:
        sources = tuple(sorted(map(str, found.sources)))
        ordinal = self._ordinals[sources]
        self._ordinals[sources] += 1
        return image_key(found, ordinal=ordinal)

    def _stored(self, key: UUID, found: ConvertedImage) -> StoredImage | None:
        """Store an image, or nothing if an earlier attempt got that far."""
        row, _ = ImportImage.objects.get_or_create(
            source=self._source, key=key, defaults={"image_pk": self._wanted_pk()}
        )
        if row.delivered_at is not None or _row_of(row.image_pk).exists():
            return None
        return store_image(found, source=self._source, pk=row.image_pk)

    def _wanted_pk(self) -> UUID:
        """Return the key that the import was told to give to its (first) image, or a new one."""
        wanted = self._source.details.get("image_pk")
        if wanted and not self._source.made.exists():
            return UUID(wanted)
        return new_id()

    def _publish(
        self,
        made: list[tuple[UUID, ConvertedImage]],
        stored: dict[UUID, StoredImage | None],
        settled: Settled,
    ) -> None:
        with transaction.atomic():
            current = held(self._source).select_for_update().first()
            if current is None:
                raise LeaseLost
            images = [(key, found, self._image(key, stored[key])) for key, found in made]
            count = write_settled(self._plan, images=images, issues=settled.issues)
            held(self._source).update(
                idle_attempts=0,
                done_files=F("done_files") + count,
                deidentification=add_reports(current, settled.images),
            )

    def _image(self, key: UUID, stored: StoredImage | None) -> Image | None:
        if stored is not None:
            return publish_image(stored)
        row = ImportImage.objects.get(source=self._source, key=key)
        return _row_of(row.image_pk).first()

    def _drop(self, path: Path) -> None:
        """Free the disk of a file that is done with; entries of archives are the converter's."""
        if path.is_file() and not path.is_symlink():
            path.unlink()


def remove_unpublished(source: Import) -> None:
    """Remove what dead workers stored of images that never got their row."""
    published = Image._base_manager.filter(pk=OuterRef("image_pk"))
    for row in source.made.filter(~Exists(published), delivered_at=None):
        _forget(row)


def take_back(source: Import) -> None:
    """Remove the images of an import that ended without delivering them.

    May run at any time and any number of times: it leaves alone an import that is under way
    (again), and an image that somebody has already put to use.
    """
    for row in source.made.filter(delivered_at=None):
        with transaction.atomic():
            current = Import.objects.select_for_update().filter(pk=source.pk).first()
            if current is None or not current.is_finished:
                return
            image = _row_of(row.image_pk).first()
            if image is not None and not _removed(image):
                ImportImage.objects.filter(pk=row.pk).update(delivered_at=timezone.now())
                continue
        _forget(row)


def _removed(image: Image) -> bool:
    """Delete the row of an image unless somebody uses it, and let its files wait again."""
    try:
        with transaction.atomic():
            reopen_files_of(image)
            series = set(image.instances.values_list("series", flat=True))
            image.delete()
            recount(series)
    except ProtectedError:
        return False
    return True


def _forget(row: ImportImage) -> None:
    """Delete the bytes below an image's key, then the row that said they might be there."""
    store = get_store()
    for found in list(store.list_objects(f"images/{row.image_pk}/")):
        store.delete(found.key)
    row.delete()


def _row_of(pk: UUID) -> QuerySet[Image]:
    """Return an image whatever state it is in; the usual manager may leave some out."""
    return Image._base_manager.filter(pk=pk)


def empty(folder: Path) -> Path:
    """Return the folder, without what an earlier attempt left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
