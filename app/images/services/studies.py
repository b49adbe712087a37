"""De-identified instances on their way into storage, and the studies and series they belong to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F

from app.core.ids import new_id
from app.core.storage import get_store
from app.images.conversion import ConvertedImage
from app.images.conversion.model import Deidentified, KeptInstance
from app.images.models import Image, Import, Instance, Series, Study
from app.images.services.deidentification import scope_of


@dataclass(frozen=True)
class StoredInstance:
    """An instance whose bytes are in storage and whose rows are not in the database yet."""

    row: Instance
    scope: tuple[str, UUID]
    found: Deidentified

    @property
    def key(self) -> str:
        """The storage key; it says nothing of whose instance it is."""
        return self.row.key


def store_instances(
    image: Image, converted: ConvertedImage, *, source: Import
) -> list[StoredInstance]:
    """Put the de-identified files of an image into storage; an identifier counts once."""
    found = converted.deidentified
    if found is None:
        return []
    stored: dict[str, StoredInstance] = {}
    scope = scope_of(source)
    for kept in found.instances:
        if kept.sop_instance_uid and kept.sop_instance_uid not in stored:
            row = _instance(image, kept)
            row.size = get_store().put_file(kept.path, key=row.key).size
            stored[kept.sop_instance_uid] = StoredInstance(row, scope, found)
    return list(stored.values())


def register_instances(stored: Sequence[StoredInstance]) -> None:
    """Write the rows of one image's instances, in the transaction under way."""
    if not stored:
        return
    series = _series(stored[0], modality=stored[0].row.image.modality)
    rows = [one.row for one in stored]
    for row in rows:
        row.series = series
    Instance.objects.bulk_create(rows, batch_size=1000)
    Series.objects.filter(pk=series.pk).update(instance_count=F("instance_count") + len(rows))


def recount(series_ids: Iterable[UUID | None]) -> None:
    """Bring the numbers of instances up to date after some were deleted; drop what is empty."""
    known = Series.objects.filter(pk__in=[pk for pk in series_ids if pk])
    for series in known.annotate(held=Count("instances")):
        if series.held:
            Series.objects.filter(pk=series.pk).update(instance_count=series.held)
        else:
            study_id = series.study_id
            series.delete()
            Study.objects.filter(pk=study_id, series=None).delete()


def _series(stored: StoredInstance, *, modality: str) -> Series:
    scope, scope_id = stored.scope
    found = stored.found
    study, _ = Study.objects.get_or_create(
        scope=scope,
        scope_id=scope_id,
        study_instance_uid=found.study_uid,
        defaults={"patient": found.patient, "date": _date(found.study_date)},
    )
    series, _ = Series.objects.get_or_create(
        study=study,
        series_instance_uid=found.series_uid,
        defaults={"modality": modality, "number": found.series_number},
    )
    return series


def _instance(image: Image, kept: KeptInstance) -> Instance:
    return Instance(
        image=image,
        sop_instance_uid=kept.sop_instance_uid,
        sop_class_uid=kept.sop_class_uid,
        transfer_syntax_uid=kept.transfer_syntax_uid,
        number=kept.number,
        rows=kept.rows,
        columns=kept.columns,
        frames=kept.frames,
        key=f"images/{image.pk}/{new_id()}.dcm",
        sha256=kept.sha256,
    )


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return None
