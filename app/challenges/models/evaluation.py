"""The evaluation: every case run, then scored, then ranked."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from app.challenges.models.phase import EvaluationMethod, GroundTruth
from app.challenges.models.submission import Submission
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.execution.models import Job
from archives.models import ArchiveItem


class Evaluation(UUIDModel, TimestampedModel):
    """One submission's way to the leaderboard, with an explicit row per case.

    ``cause`` says why a submission is evaluated once more, and ``requested_by`` who wanted it.
    ``progressed_at`` is when it last came nearer to its end, ``stumbles`` how often a step was
    broken off by an unforeseen error: the watchdog ends what does neither (`services.watchdog`).
    ``cpu_seconds`` and ``gpu_seconds`` are what its jobs took, counted when it is over.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        RUNNING_CASES = "RUNNING_CASES", "Running the cases"
        EVALUATING = "EVALUATING", "Scoring"
        RANKING = "RANKING", "Ranking"
        SUCCEEDED = "SUCCEEDED", "Done"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    MACHINE = StateMachine.of(
        {
            State.QUEUED: (State.RUNNING_CASES, State.FAILED, State.CANCELLED),
            State.RUNNING_CASES: (State.EVALUATING, State.FAILED, State.CANCELLED, State.QUEUED),
            State.EVALUATING: (State.RANKING, State.FAILED, State.CANCELLED, State.QUEUED),
            State.RANKING: (State.SUCCEEDED, State.FAILED, State.CANCELLED, State.QUEUED),
        },
        states=State,
    )

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="evaluations")
    method = models.ForeignKey(EvaluationMethod, on_delete=models.PROTECT)
    ground_truth = models.ForeignKey(GroundTruth, on_delete=models.PROTECT)
    state = models.CharField(max_length=14, choices=State.choices, default=State.QUEUED)
    job = models.OneToOneField(
        Job, on_delete=models.PROTECT, null=True, blank=True, related_name="evaluation"
    )
    metrics = models.JSONField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)
    rank = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    organizer_reason = models.TextField(blank=True)
    result_faults = models.JSONField(default=list, blank=True)
    cause = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    progressed_at = models.DateTimeField(default=timezone.now)
    stumbles = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    cpu_seconds = models.FloatField(null=True, blank=True, editable=False)
    gpu_seconds = models.FloatField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        indexes = [
            models.Index(
                fields=("finished_at",),
                condition=models.Q(cpu_seconds__isnull=True, finished_at__isnull=False),
                name="evaluation_cost_uncounted",
            ),
            models.Index(
                fields=("submission",),
                condition=models.Q(rank__isnull=False),
                name="evaluation_ranked",
            ),
        ]

    def __str__(self) -> str:
        return f"Evaluation of {self.submission}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in self.MACHINE.final


class EvaluationCase(UUIDModel):
    """One test case of an evaluation and the job that runs it.

    ``state`` follows the job; a REUSED case took over a job that an earlier evaluation ran,
    and what there is of a GIVEN one was handed in: it has no job.
    ``note`` is what the evaluation container said of the case, for organizers.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Not started"
        RUNNING = "RUNNING", "Running"
        DONE = "DONE", "Done"
        REUSED = "REUSED", "Re-used"
        GIVEN = "GIVEN", "In the file"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    WITH_RESULT = (State.DONE, State.REUSED, State.GIVEN)

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="cases")
    item = models.ForeignKey(ArchiveItem, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    job = models.ForeignKey(
        Job, on_delete=models.PROTECT, null=True, blank=True, related_name="evaluation_cases"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("order",)
        constraints = [
            models.UniqueConstraint(fields=("evaluation", "item"), name="case_once_per_evaluation")
        ]

    def __str__(self) -> str:
        return f"Case {self.order} of {self.evaluation}"
