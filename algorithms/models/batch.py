"""The batch: one algorithm version run on many cases of an archive."""

from django.conf import settings
from django.db import models

from algorithms.models.algorithm import AlgorithmInterface
from algorithms.models.run import AlgorithmRun
from algorithms.models.version import AlgorithmVersion
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.sockets.models import SocketValue
from archives.models import Archive, ArchiveItem


class RunBatch(UUIDModel, TimestampedModel):
    """Many cases, started as the person's caps and credits allow.

    ``values`` are inputs that every case without a value of its own takes. ``finished_at`` is when
    nothing of it waited or ran any more; cases that run again take it away.
    """

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="run_batches"
    )
    version = models.ForeignKey(AlgorithmVersion, on_delete=models.PROTECT, related_name="batches")
    interface = models.ForeignKey(
        AlgorithmInterface, on_delete=models.SET_NULL, null=True, related_name="batches"
    )
    archive = models.ForeignKey(Archive, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=200)
    values = models.ManyToManyField(SocketValue, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        verbose_name = "batch"

    def __str__(self) -> str:
        return f"{self.version} on {self.title}"


class BatchCase(UUIDModel):
    """One case of a batch: waiting, or the run that it became, or why there is none.

    A case that was skipped names the earlier run that makes another one needless; one that waits
    again names the run that failed.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting"
        STARTED = "STARTED", "Started"
        SKIPPED = "SKIPPED", "Skipped"
        REFUSED = "REFUSED", "Not possible"
        CANCELLED = "CANCELLED", "Cancelled"

    MACHINE = StateMachine.of(
        {
            State.WAITING: (State.STARTED, State.REFUSED, State.CANCELLED),
            State.STARTED: (State.WAITING,),
            State.CANCELLED: (State.WAITING,),
        },
        states=State,
    )

    batch = models.ForeignKey(RunBatch, on_delete=models.CASCADE, related_name="cases")
    item = models.ForeignKey(ArchiveItem, on_delete=models.SET_NULL, null=True, related_name="+")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING, db_index=True
    )
    run = models.ForeignKey(
        AlgorithmRun, on_delete=models.SET_NULL, null=True, related_name="batch_cases"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("batch", "number"), name="batch_case_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} of {self.batch}"

    @property
    def remark(self) -> str:
        """What there is to say of it: why its run failed, or why there is none."""
        if self.state == self.State.WAITING:
            return ""
        if self.state == self.State.STARTED and self.run is not None:
            return self.run.job.reason
        return self.reason
