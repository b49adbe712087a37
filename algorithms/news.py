"""What people are told about runs of algorithms."""

from django.urls import reverse

from algorithms.models import AlgorithmModel, AlgorithmVersion
from app.execution.models import ContainerImage, ModelWeights
from app.notifications.kinds import register_kind

RUN_DONE = "algorithms.run.finished"
RUN_FAILED = "algorithms.run.failed"
BATCH_DONE = "algorithms.batch.finished"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(RUN_DONE, "Runs done", "An algorithm has finished on a case of yours.")
    register_kind(RUN_FAILED, "Runs failed", "An algorithm did not succeed on a case of yours.")
    register_kind(BATCH_DONE, "Batches done", "Every case of a batch of yours has been run.")


def page_of_container(image: ContainerImage) -> str:
    """Return the page of the version that a container image belongs to."""
    version = AlgorithmVersion.objects.filter(container_image=image).first()
    return reverse("algorithms:version", args=[version.pk]) if version else ""


def page_of_weights(weights: ModelWeights) -> str:
    """Return the page of the model that weights belong to."""
    model = AlgorithmModel.objects.filter(weights=weights).first()
    return reverse("algorithms:model", args=[model.pk]) if model else ""
