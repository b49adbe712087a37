"""Which archives of versions are kept, and until when."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from algorithms.models import AlgorithmModel, AlgorithmVersion
from algorithms.selectors import idle_versions
from app.execution.models import ContainerImage, Job, ModelWeights
from app.execution.models.checked_upload import CheckedUpload

AT_ONCE = 200


def kept_until(version: AlgorithmVersion | AlgorithmModel, *, active: bool) -> datetime | None:
    """Return when the version's storage is given back unless it is used; ``None`` means never.

    What runs is kept. Any other version is kept for a while after its last run, its last change
    of stage and its checks; a refused archive for some days, to be looked at.
    """
    archive = version.archive
    if archive.reclaimed_at is not None:
        return None
    if archive.state == CheckedUpload.State.INVALID:
        return archive.modified + timedelta(days=settings.CONTAINER_KEEP_REFUSED_DAYS)
    if active or not archive.is_ready:
        return None
    last_job = archive.jobs.order_by("-created").values_list("created", flat=True).first()
    used = max(filter(None, (archive.modified, version.approved_at, last_job)))
    return used + timedelta(days=settings.CONTAINER_KEEP_UNUSED_DAYS)


def unneeded_archives() -> Iterator[ContainerImage | ModelWeights]:
    """Yield the archives of versions that do not run and that nobody has used for long."""
    long_ago = timezone.now() - timedelta(days=settings.CONTAINER_KEEP_UNUSED_DAYS)
    recent = Job.objects.filter(
        Q(created__gte=long_ago) | ~Q(state__in=Job.MACHINE.final)
    ).order_by()
    untouched = Q(approved_at=None) | Q(approved_at__lt=long_ago)
    versions = idle_versions(AlgorithmVersion, "container_image").filter(
        untouched, container_image__modified__lt=long_ago
    )
    versions = versions.exclude(container_image__in=recent.values("container_image"))
    for version in versions.select_related("container_image")[:AT_ONCE]:
        yield version.container_image
    models = idle_versions(AlgorithmModel, "weights").filter(
        untouched, weights__modified__lt=long_ago
    )
    models = models.exclude(weights__in=recent.filter(model__isnull=False).values("model"))
    for model in models.select_related("weights")[:AT_ONCE]:
        yield model.weights
