"""What a clone of a challenge would take over, for whoever asks."""

from dataclasses import dataclass
from typing import Any

from app.challenges.designs import designs_of
from app.challenges.models import Challenge, EvaluationMethod, GroundTruth, Phase
from archives.models import Archive
from archives.policies import ARCHIVES


@dataclass(frozen=True)
class PhasePlan:
    """A phase, and what of it a clone may refer to.

    ``hidden`` tells that its test archive, and with it the ground truth, stays behind.
    """

    phase: Phase
    archive: Archive | None
    method: EvaluationMethod | None
    truth: GroundTruth | None

    @property
    def hidden(self) -> bool:
        """Tell whether there is an archive that the clone may not use."""
        return self.archive is None and self.phase.archive_id is not None


@dataclass(frozen=True)
class ClonePlan:
    """A challenge, and what a clone takes over from it."""

    challenge: Challenge
    phases: list[PhasePlan]
    pages: int
    questions: int
    designs: int


def clone_plan(user: Any, challenge: Challenge) -> ClonePlan:
    """Return what ``user``, who manages the challenge, would clone of it."""
    rows = challenge.phases.select_related("archive", "challenge").prefetch_related(
        "methods__container_image", "ground_truths", "inputs", "outputs"
    )
    usable = _usable_archives(user, challenge)
    return ClonePlan(
        challenge=challenge,
        phases=[_phase_plan(phase, kept=phase.archive_id in usable) for phase in rows],
        pages=challenge.pages.count(),
        questions=challenge.registration_questions.count(),
        designs=sum(one.current is not None for one in designs_of(challenge).all),
    )


def _phase_plan(phase: Phase, *, kept: bool) -> PhasePlan:
    methods = (row for row in phase.methods.all() if row.container_image.is_ready)
    without = phase.archive_id is None and phase.takes_predictions
    return PhasePlan(
        phase=phase,
        archive=phase.archive if kept else None,
        method=next(methods, None),
        truth=next(iter(phase.ground_truths.all()), None) if kept or without else None,
    )


def _usable_archives(user: Any, challenge: Challenge) -> set[Any]:
    """Return the ids of the test archives that ``user`` may give to a phase: those they edit."""
    used = Archive.objects.filter(phases__challenge=challenge)
    if not user.is_superuser:
        used = used.filter(pk__in=ARCHIVES.held_by(user, "change"))
    return set(used.values_list("pk", flat=True))
