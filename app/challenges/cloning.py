"""What a clone of a challenge would take over, for whoever asks."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from app.challenges.designs import designs_of
from app.challenges.models import Challenge, EvaluationMethod, GroundTruth, Phase, StarterKit
from archives.models import Archive
from archives.policies import ARCHIVES


@dataclass(frozen=True)
class PhasePlan:
    """A phase, and what of it a clone may refer to.

    ``hidden`` tells that its test archive, and with it the ground truth, stays behind. Of a starter
    kit (``kit``) the ``sample`` and its ground truth stay behind in the same way.
    """

    phase: Phase
    archive: Archive | None
    method: EvaluationMethod | None
    truth: GroundTruth | None
    kit: StarterKit | None
    sample: Archive | None

    @property
    def hidden(self) -> bool:
        """Tell whether there is an archive that the clone may not use."""
        return self.archive is None and self.phase.archive_id is not None

    @property
    def lacks_sample(self) -> bool:
        """Tell whether the kit has a sample that the clone may not use."""
        return self.kit is not None and self.sample is None and self.kit.archive_id is not None


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
    rows = challenge.phases.select_related(
        "archive", "challenge", "starter_kit__archive"
    ).prefetch_related("methods__container_image", "ground_truths", "inputs", "outputs")
    usable = _usable_archives(user, challenge)
    return ClonePlan(
        challenge=challenge,
        phases=[_phase_plan(phase, usable=usable) for phase in rows],
        pages=challenge.pages.count(),
        questions=challenge.registration_questions.count(),
        designs=sum(one.current is not None for one in designs_of(challenge).all),
    )


def _phase_plan(phase: Phase, *, usable: set[Any]) -> PhasePlan:
    kept = phase.archive_id in usable
    kit: StarterKit | None = getattr(phase, "starter_kit", None)
    methods = (row for row in phase.methods.all() if row.container_image.is_ready)
    without = phase.archive_id is None and phase.takes_predictions
    return PhasePlan(
        phase=phase,
        archive=phase.archive if kept else None,
        method=next(methods, None),
        truth=next(iter(phase.ground_truths.all()), None) if kept or without else None,
        kit=kit,
        sample=kit.archive if kit and kit.archive_id in usable else None,
    )


def _usable_archives(user: Any, challenge: Challenge) -> set[Any]:
    """Return the ids of the archives that ``user`` may give to a phase: those they edit."""
    used = Archive.objects.filter(
        Q(phases__challenge=challenge) | Q(starter_kits__phase__challenge=challenge)
    )
    if not user.is_superuser:
        used = used.filter(pk__in=ARCHIVES.held_by(user, "change"))
    return set(used.values_list("pk", flat=True))
