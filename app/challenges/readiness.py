"""What a phase lacks before it can take submissions, and whether it has opened."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from app.challenges.models import EvaluationMethod, GroundTruth, Phase, Submission
from app.execution.models import ContainerImage
from archives.models import ArchiveItem

_LACKS = {
    "has_cases": "The test archive has no cases yet.",
    "has_method": "There is no evaluation container that passed its checks.",
    "has_truth": "The ground truth is not uploaded.",
}
READY = {
    "has_cases": Exists(ArchiveItem.objects.filter(archive=OuterRef("archive"))),
    "has_method": Exists(
        EvaluationMethod.objects.filter(
            phase=OuterRef("pk"), container_image__state=ContainerImage.State.READY
        )
    ),
    "has_truth": Exists(GroundTruth.objects.filter(phase=OuterRef("pk"))),
}
"""What `readiness_as_read` asks of a phase."""


@dataclass(frozen=True)
class Readiness:
    """What a phase still needs before it can take submissions."""

    missing: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.missing


def readiness_of(phase: Phase) -> Readiness:
    """Return what ``phase`` lacks now, in words for the organizer."""
    return readiness_as_read(Phase.objects.annotate(**READY).get(pk=phase.pk))


def readiness_as_read(phase: Phase) -> Readiness:
    """Return what ``phase`` lacked when it was read, by `get_phase_for` or with `READY`."""
    lacks = dict(_LACKS)
    if phase.archive_id is None and phase.takes_predictions:
        del lacks["has_cases"]
    elif phase.archive_id is None:
        lacks["has_cases"] = "No hidden test archive is chosen."
    return Readiness(tuple(words for name, words in lacks.items() if not getattr(phase, name)))


def has_opened(phase: Phase) -> bool:
    """Tell whether ``phase`` takes submissions now, or ever took one."""
    return opened_as_read(with_openings(Phase.objects.filter(pk=phase.pk)).get())


def with_openings(rows: QuerySet[Phase]) -> QuerySet[Phase]:
    """Return ``rows``, each with what `opened_as_read` needs."""
    handed_in = Submission.objects.filter(phase=OuterRef("pk"))
    return rows.annotate(has_submissions=Exists(handed_in), **READY)


def opened_as_read(phase: Phase) -> bool:
    """Tell whether ``phase`` took submissions when it was read, or ever had taken one."""
    ready = phase.takes_submissions and readiness_as_read(phase).ready
    return bool(ready or vars(phase)["has_submissions"])
