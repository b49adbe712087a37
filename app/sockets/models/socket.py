"""The socket: a typed, named slot with a fixed place on disk."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse

from app.accounts.models import User
from app.core.models import TimestampedModel
from app.people.models import Organization
from app.sockets.models.look_up_table import LookUpTable
from app.sockets.schemas import KINDS, MOST_JSON, SocketKind, SuperKind, get_kind

RELATIVE_PATH = RegexValidator(
    r"^(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*$",
    "Use letters, digits, '-', '_' and '.' in folders separated by '/'.",
)


class Socket(TimestampedModel):
    """A typed slot; ``relative_path`` is where a container finds or writes its value.

    A socket of images may have no path; then no container can have it. ``as_file`` keeps values
    of a JSON kind as files instead of in the database. ``segments`` name the labels of a
    segmentation, as ``{name, voxel_value, visible, color?}``. Who made it, and for which
    organization, is in its slug; those of the portal and of its operators have neither.
    """

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=5, choices=[(k, v.label) for k, v in KINDS.items()])
    relative_path = models.CharField(max_length=200, blank=True, validators=[RELATIVE_PATH])
    as_file = models.BooleanField(default=False)
    default_value = models.JSONField(null=True, blank=True)
    example_value = models.JSONField(null=True, blank=True)
    schema = models.JSONField(default=dict, blank=True)
    segments = models.JSONField(default=list, blank=True)
    look_up_table = models.ForeignKey(
        LookUpTable, on_delete=models.PROTECT, null=True, blank=True, related_name="sockets"
    )
    creator = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="sockets"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="sockets"
    )

    class Meta:
        ordering = ("title",)
        constraints = [
            models.UniqueConstraint(
                fields=("relative_path",),
                condition=~models.Q(relative_path=""),
                name="socket_relative_path_once",
                violation_error_message="Another socket has this path.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def socket_kind(self) -> SocketKind:
        """The kind with its rules."""
        return get_kind(self.kind)

    @property
    def super_kind(self) -> SuperKind:
        """How values are held: Image, Value or File."""
        return SuperKind.FILE if self.as_file else self.socket_kind.super_kind

    @property
    def extension(self) -> str:
        """The ending of its files."""
        return ".json" if self.as_file else self.socket_kind.extension or ".bin"

    @property
    def example(self) -> Any:
        """A value that fits: its own, else its default, else the kind's."""
        for value in (self.example_value, self.default_value):
            if value is not None:
                return value
        return self.socket_kind.example

    @property
    def largest_file(self) -> int:
        """The most bytes that a file for it may have."""
        return MOST_JSON if self.as_file else self.socket_kind.max_size

    @property
    def filename(self) -> str:
        """The last part of its path: what a downloaded value is called."""
        return self.relative_path.rsplit("/", 1)[-1]

    def get_absolute_url(self) -> str:
        """Return the socket's page."""
        return reverse("sockets:detail", args=[self.slug])

    @property
    def is_image(self) -> bool:
        """Tell whether values are images."""
        return self.super_kind is SuperKind.IMAGE
