"""Credits: what runs cost, what people were given, and what an algorithm asks at least."""

from django.conf import settings
from django.db import models

from algorithms.models.algorithm import Algorithm
from algorithms.models.run import AlgorithmRun
from algorithms.models.version import AlgorithmVersion
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import Job


class RunTerms(UUIDModel, TimestampedModel):
    """What an administrator asks of the runs of one algorithm."""

    algorithm = models.OneToOneField(Algorithm, on_delete=models.CASCADE, related_name="terms")
    minimum_credits = models.PositiveIntegerField(
        default=0, help_text="A run costs at least this much."
    )
    active_runs = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most runs at a time; empty: what holds on this site."
    )

    class Meta:
        verbose_name = "terms of runs"

    def __str__(self) -> str:
        return f"Terms of {self.algorithm}"


class CreditGrant(UUIDModel, TimestampedModel):
    """Credits given to a person on top of everybody's, from one day to another."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credit_grants"
    )
    credits = models.PositiveIntegerField()
    starts = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-ends",)
        constraints = [
            models.CheckConstraint(
                name="credit_grant_ends_after_start",
                condition=models.Q(ends__gte=models.F("starts")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.credits} credits"


class CreditCharge(UUIDModel):
    """What one job took, of a run or of doing a run again; kept when it is refunded."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credit_charges"
    )
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="charge")
    credits = models.PositiveIntegerField()
    complimentary = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True, db_index=True)
    refunded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.credits} credits for {self.run}"

    @property
    def kept_warm(self) -> AlgorithmVersion | None:
        """The version whose container it was for, if it was for an endpoint."""
        endpoint = getattr(self.job, "kept_warm", None)
        return endpoint.algorithm_endpoint.version if endpoint is not None else None

    @property
    def run(self) -> AlgorithmRun | None:
        """The run that it was for, or whose outputs were to be compared."""
        found: AlgorithmRun | None = getattr(self.job, "algorithm_run", None)
        original = self.job.reproduces
        if found is None and original is not None:
            found = getattr(original, "algorithm_run", None)
        return found
