"""What people are told about runs of algorithms."""

from django.urls import reverse

from algorithms.models import AlgorithmVersion
from app.execution.models import ContainerImage
from app.notifications.kinds import register_kind

RUN_DONE = "algorithms.run.finished"
RUN_FAILED = "algorithms.run.failed"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(RUN_DONE, "Runs done", "An algorithm has finished on a case of yours.")
    register_kind(RUN_FAILED, "Runs failed", "An algorithm did not succeed on a case of yours.")


def page_of_container(image: ContainerImage) -> str:
    """Return the page of the algorithm that a container image is a version of."""
    version = AlgorithmVersion.objects.filter(container_image=image).first()
    return reverse("algorithms:detail", args=[version.algorithm_id]) if version else ""
