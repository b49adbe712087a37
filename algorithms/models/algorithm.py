"""The algorithm, what it takes and gives, and the roles people hold on it."""

from django.db import models

from app.accounts.models import Membership
from app.core.models import TimestampedModel, UUIDModel
from app.requests.models import AccessRequest, Askable
from app.sockets.models import Socket


class Algorithm(Askable, UUIDModel, TimestampedModel):
    """A container's page: what it does, its versions and its runs."""

    title = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    public = models.BooleanField(default=False, help_text="Every signed-in person may run it.")

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class AlgorithmInterface(UUIDModel):
    """One set of inputs that the algorithm takes, and the outputs it then gives."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="interfaces")
    inputs = models.ManyToManyField(Socket, related_name="input_of")
    outputs = models.ManyToManyField(Socket, related_name="output_of")

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
