"""Reading algorithms."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmRun, AlgorithmVersion
from algorithms.policies import ALGORITHMS, RUNS
from app.core.access import fetch
from app.execution.models import ContainerImage


def algorithms_for(user: Any) -> QuerySet[Algorithm]:
    """Return the algorithms that ``user`` may view, with the number of their runs."""
    return ALGORITHMS.visible_to(user).annotate(
        run_count=Count("versions__runs", filter=Q(versions__runs__try_out=True), distinct=True)
    )


def get_algorithm_for(user: Any, pk: UUID | str, *, action: str = "view") -> Algorithm:
    """Return the algorithm if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(ALGORITHMS, user=user, pk=pk, action=action)


def get_run_for(user: Any, pk: UUID | str, *, action: str = "view") -> AlgorithmRun:
    """Return the run if ``user`` may do ``action`` with it, else raise `NotFound`."""
    runs = AlgorithmRun.objects.select_related("version__algorithm", "job__creator")
    return fetch(RUNS, user=user, pk=pk, action=action, queryset=runs)


def versions_of(algorithm: Algorithm) -> QuerySet[AlgorithmVersion]:
    """Return an algorithm's versions, newest first."""
    return algorithm.versions.select_related("container_image__creator")


def active_version(algorithm: Algorithm) -> AlgorithmVersion | None:
    """Return the newest version that passed its checks."""
    ready = versions_of(algorithm).filter(container_image__state=ContainerImage.State.READY)
    return ready.order_by("-number").first()


def interface_of(algorithm: Algorithm) -> AlgorithmInterface:
    """Return the algorithm's first interface."""
    return algorithm.interfaces.prefetch_related("inputs", "outputs").order_by("pk")[0]


def runs_for(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the try-outs that ``user`` may look at, newest first."""
    return RUNS.visible_to(user).select_related("version__algorithm", "job__creator")


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees as outputs of runs."""
    return (
        AlgorithmRun.objects.filter(
            pk__in=RUNS.visible_to(user).values("pk"), job__outputs__image__isnull=False
        )
        .order_by()
        .values("job__outputs__image")
    )
