"""The socket: a typed, named slot with a fixed place on disk."""

from django.core.validators import RegexValidator
from django.db import models

from app.core.models import TimestampedModel
from app.sockets.schemas import KINDS, SocketKind, SuperKind, get_kind

RELATIVE_PATH = RegexValidator(
    r"^(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*$",
    "Use letters, digits, '-', '_' and '.' in folders separated by '/'.",
)


class Socket(TimestampedModel):
    """A typed slot; ``relative_path`` is where a container finds or writes its value."""

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=5, choices=[(k, v.label) for k, v in KINDS.items()])
    relative_path = models.CharField(max_length=200, unique=True, validators=[RELATIVE_PATH])
    schema = models.JSONField(default=dict, blank=True)
    segments = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def socket_kind(self) -> SocketKind:
        """The kind with its rules."""
        return get_kind(self.kind)

    @property
    def super_kind(self) -> SuperKind:
        """How values are held: Image, Value or File."""
        return self.socket_kind.super_kind

    @property
    def is_image(self) -> bool:
        """Tell whether values are images."""
        return self.super_kind is SuperKind.IMAGE
