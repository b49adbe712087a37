"""The algorithm, what it takes and gives, and the roles people hold on it."""

from dataclasses import replace
from typing import Any

from django.db import models

from app.accounts.models import Membership
from app.core.models import TimestampedModel, UUIDModel
from app.execution.contract import Limits
from app.execution.contract.limits import MIB
from app.execution.services.limits import capped, default_limits
from app.requests.models import AccessRequest, Askable
from app.sockets.models import Socket
from viewer.models import Viewable


class Algorithm(Viewable, Askable, UUIDModel, TimestampedModel):
    """A container's page: what it does, its versions and its runs.

    The texts from ``summary`` to ``publications`` are its model facts. The limits are those of one
    run; an empty one is the portal's default. ``versions_made`` and ``models_made`` keep numbers
    from being given twice, also after a version was deleted.
    """

    FACTS = (
        "summary",
        "mechanism",
        "intended_use",
        "validation",
        "directions",
        "warnings",
        "contact_email",
        "licence",
        "publications",
    )

    title = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    public = models.BooleanField(default=False, help_text="Every signed-in person may run it.")
    published_at = models.DateTimeField(null=True, blank=True)

    summary = models.CharField(max_length=300, blank=True)
    mechanism = models.TextField(blank=True)
    intended_use = models.TextField(blank=True)
    validation = models.TextField(blank=True)
    directions = models.TextField(blank=True)
    warnings = models.TextField(blank=True)
    contact_email = models.EmailField(blank=True)
    licence = models.CharField(max_length=100, blank=True)
    publications = models.TextField(blank=True)

    memory_mb = models.PositiveIntegerField(null=True, blank=True)
    time_limit = models.PositiveIntegerField(null=True, blank=True)
    gpus = models.PositiveSmallIntegerField(default=0)
    shared_memory_mb = models.PositiveIntegerField(null=True, blank=True)
    writable_root_mb = models.PositiveIntegerField(default=0)

    versions_made = models.PositiveIntegerField(default=0)
    models_made = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    def limits_for(self) -> Limits:
        """Return what one run may use: the algorithm's own limits, within the portal's ceilings."""
        limits = default_limits()
        own = {
            "memory": (self.memory_mb or 0) * MIB,
            "wall_clock": float(self.time_limit or 0),
            "gpus": self.gpus,
            "shm": (self.shared_memory_mb or 0) * MIB,
            "writable_root": self.writable_root_mb * MIB,
        }
        asked: dict[str, Any] = {name: value for name, value in own.items() if value}
        return capped(replace(limits, **asked))


class AlgorithmInterface(UUIDModel):
    """One set of inputs that the algorithm takes, and the outputs it then gives.

    One that has results is never deleted: it is withdrawn, and takes no new runs.
    """

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="interfaces")
    inputs = models.ManyToManyField(Socket, related_name="input_of")
    outputs = models.ManyToManyField(Socket, related_name="output_of")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Interface of {self.algorithm}"


class AlgorithmMember(Membership):
    """One person's role on one algorithm."""

    class Role(models.TextChoices):
        EDITOR = "EDITOR", "Editor"
        USER = "USER", "User"

    target = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="memberships")


class AlgorithmRequest(AccessRequest):
    """One person's wish for a role on one algorithm."""

    ROLES = AlgorithmMember.Role

    target = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="access_requests")
