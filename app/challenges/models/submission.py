"""The submission: an algorithm version, or a file, handed in to one phase."""

from django.conf import settings
from django.db import models

from algorithms.models import AlgorithmInterface, AlgorithmVersion
from app.challenges.models.entrant import Entrant
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class Submission(UUIDModel, TimestampedModel):
    """Taken or refused at once; an accepted one is evaluated.

    ``entrant`` handed it in. ``competes_as`` is who it stands for on the leaderboard: the team of
    a person who joined one while the phase ran. ``people`` are those whom it counted for when it
    was handed in; it goes on counting for them, whatever team they are in later.
    ``interface`` is the one of the algorithm's that fits the phase. Where a file was handed in,
    ``file_key`` says where it is kept, and there is no version. ``chosen_at`` is when the entrant
    chose it as the one that counts: the one chosen last does, where the phase lets them choose.
    """

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        ACCEPTED = "ACCEPTED", "Accepted"
        REFUSED = "REFUSED", "Refused"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    class Refund(models.TextChoices):
        """Why a submission does not count as attempted."""

        PLATFORM = "PLATFORM", "A fault of the portal"
        ORGANIZER = "ORGANIZER", "A fault of the test data"
        UNSTARTED = "UNSTARTED", "Cancelled before it started"

    MACHINE = StateMachine.of(
        {
            State.RECEIVED: (State.ACCEPTED, State.REFUSED),
            State.ACCEPTED: (State.WITHDRAWN,),
        },
        states=State,
    )

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="submissions")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions"
    )
    entrant = models.ForeignKey(Entrant, on_delete=models.RESTRICT, related_name="submissions")
    competes_as = models.ForeignKey(Entrant, on_delete=models.RESTRICT, related_name="results")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="counted_submissions")
    version = models.ForeignKey(
        AlgorithmVersion, on_delete=models.PROTECT, null=True, related_name="submissions"
    )
    interface = models.ForeignKey(
        AlgorithmInterface, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    file_name = models.CharField(max_length=255, blank=True)
    file_key = models.CharField(max_length=200, blank=True)
    file_size = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    refund = models.CharField(max_length=10, choices=Refund.choices, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    comment = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    chosen_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(version__isnull=True) ^ models.Q(file_key=""),
                name="submission_is_algorithm_or_file",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} by {self.creator}"

    @property
    def title(self) -> str:
        """The algorithm, or the name of the file."""
        return self.file_name if self.version is None else self.version.algorithm.title

    @property
    def numbered_title(self) -> str:
        """The algorithm with the number of its version, or the name of the file."""
        return self.title if self.version is None else f"{self.title} v{self.version.number}"

    @property
    def runnable(self) -> AlgorithmVersion:
        """The version that runs on the cases; nothing of a file does."""
        if self.version is None:
            raise RuntimeError(f"Submission {self.pk} is a file: there is nothing to run.")
        return self.version

    @property
    def what(self) -> str:
        """What was handed in, in words: an algorithm's version, or a file."""
        return f"“{self.file_name}”" if self.version is None else str(self.version)
