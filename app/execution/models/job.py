"""The job: one run of one container image on one set of inputs."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.execution.models.container_image import ContainerImage
from app.execution.models.model_weights import ModelWeights
from app.sockets.models import SocketValue

CPU_QUEUE = "jobs-cpu"
GPU_QUEUE = "jobs-gpu"
JOB_QUEUES = (CPU_QUEUE, GPU_QUEUE)


class Job(UUIDModel, TimestampedModel):
    """What is to be run, where it is, and everything about how it ended.

    ``kind`` names a registered description of the run. ``attempts`` counts losses that were our
    fault, ``crashes`` unforeseen errors while it was in hand, ``handbacks`` workers that were told
    to end; together they number the runs, so that a worker that lost the job and wakes up again
    is told from the one that has it now. ``handled`` says that the kind's completion handler did
    its work. ``record`` is enough to run the job again. ``limits`` holds what was asked for
    (`app.execution.services.job_limits` reads it), ``usage`` up to 300 samples of ``[seconds,
    fraction of its processors, bytes of memory]``.
    ``log`` is the beginning and the end of a log of ``log_size`` characters. ``parses`` numbers
    the attempts to read results that the worker has handed over.

    ``cpus`` to ``gpu_memory`` say what it takes of a worker, as `queue_job` found it in the
    limits; ``devices`` are the numbers of the GPUs that it has. ``pool`` names the warm containers
    that may run it, if any may; ``server`` the one that does, by the run that opened it. Nobody
    gets it before ``wait_until``: what was lost more than once must not be lost twenty times in a
    minute.
    """

    class Priority(models.IntegerChoices):
        """Who comes first among the jobs of one person."""

        INTERACTIVE = 20, "Somebody waits for it"
        NORMAL = 0, "Normal"
        BATCH = -10, "One of many"

    class State(models.TextChoices):
        VALIDATING_INPUTS = "VALIDATING_INPUTS", "Checking inputs"
        QUEUED = "QUEUED", "Waiting"
        PROVISIONING = "PROVISIONING", "Preparing"
        EXECUTING = "EXECUTING", "Running"
        PARSING = "PARSING", "Reading results"
        SUCCEEDED = "SUCCEEDED", "Succeeded"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    _LOST = (State.QUEUED, State.FAILED, State.CANCELLED)
    MACHINE = StateMachine.of(
        {
            State.VALIDATING_INPUTS: (State.QUEUED, State.FAILED, State.CANCELLED),
            State.QUEUED: (State.PROVISIONING, State.FAILED, State.CANCELLED),
            State.PROVISIONING: (State.EXECUTING, *_LOST),
            State.EXECUTING: (State.PARSING, *_LOST),
            State.PARSING: (State.SUCCEEDED, *_LOST),
        },
        states=State,
    )
    HELD = (State.PROVISIONING, State.EXECUTING)
    """In the hands of a worker; later everything that it can give is with us."""
    RUNNING = (*HELD, State.PARSING)

    kind = models.CharField(max_length=40)
    container_image = models.ForeignKey(
        ContainerImage, on_delete=models.PROTECT, related_name="jobs"
    )
    model = models.ForeignKey(
        ModelWeights, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs"
    )
    state = models.CharField(
        max_length=20, choices=State.choices, default=State.VALIDATING_INPUTS, db_index=True
    )
    inputs = models.ManyToManyField(SocketValue, related_name="input_of_jobs")
    outputs = models.ManyToManyField(SocketValue, related_name="output_of_jobs")
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    handbacks = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    advice = models.TextField(blank=True)
    log = models.TextField(blank=True)
    log_size = models.PositiveBigIntegerField(default=0)
    limits = models.JSONField(default=dict, blank=True)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    pool = models.CharField(max_length=64, blank=True)
    cpus = models.FloatField(default=0)
    memory = models.BigIntegerField(default=0)
    gpus = models.PositiveSmallIntegerField(default=0)
    gpu_memory = models.BigIntegerField(default=0)
    devices = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True)
    usage = models.JSONField(default=list, blank=True)
    parses = models.PositiveSmallIntegerField(default=0)
    reproduces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reproductions"
    )
    endpoint = models.ForeignKey(
        "execution.Endpoint",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="invocations",
    )
    server = models.CharField(max_length=60, blank=True)
    record = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    handled = models.BooleanField(default=False)

    class Meta:
        ordering = ("-created",)
        indexes = [
            models.Index(fields=("state", "created")),
            models.Index(
                fields=("creator", "-priority", "created", "id"),
                include=("cpus", "memory", "gpus", "gpu_memory", "wait_until"),
                condition=models.Q(state="QUEUED"),
                name="job_queue_by_person",
            ),
            models.Index(
                fields=("pool", "creator"),
                condition=models.Q(state="QUEUED") & ~models.Q(pool=""),
                name="job_queue_by_pool",
            ),
            models.Index(
                fields=("creator", "-started_at"),
                condition=models.Q(started_at__isnull=False),
                name="job_last_served",
            ),
            models.Index(
                fields=("worker",),
                condition=models.Q(state__in=("PROVISIONING", "EXECUTING")),
                name="job_held_by_worker",
            ),
            models.Index(fields=("-finished_at",), name="job_lately_ended"),
            models.Index(
                fields=("finished_at",),
                condition=models.Q(handled=False, finished_at__isnull=False),
                name="job_end_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk}"

    @property
    def run_id(self) -> str:
        """Return the name of the job's current run; every claim has another one."""
        return f"{self.pk}-{self.attempts + self.crashes + self.handbacks}"

    @property
    def queue(self) -> str:
        """Return the queue of the broker whose workers may run it."""
        return GPU_QUEUE if self.gpus else CPU_QUEUE

    @property
    def is_warm(self) -> bool:
        """Tell whether the run was taken by a container that was there already."""
        return bool(self.server) and self.server != self.run_id

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in self.MACHINE.final
