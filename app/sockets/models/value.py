"""The socket value: what a slot holds; never changed once made."""

from typing import Any

from django.db import models

from app.core.models import TimestampedModel
from app.images.models import Image
from app.sockets.models.socket import Socket


class SocketValue(TimestampedModel):
    """Exactly one of a JSON value, a file or an image, for one socket. Immutable."""

    id = models.BigAutoField(primary_key=True)
    socket = models.ForeignKey(Socket, on_delete=models.PROTECT, related_name="values")
    value = models.JSONField(null=True, blank=True)
    has_value = models.BooleanField(default=False)
    file_key = models.CharField(max_length=200, blank=True)
    file_size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, null=True, blank=True, related_name="socket_values"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=("file_key",),
                opclasses=("varchar_pattern_ops",),
                name="socket_value_file_key",
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="socket_value_exactly_one",
                condition=(
                    models.Q(has_value=True, file_key="", image=None)
                    | models.Q(has_value=False, image=None) & ~models.Q(file_key="")
                    | models.Q(has_value=False, file_key="", image__isnull=False)
                ),
            ),
            models.UniqueConstraint(
                fields=("socket", "image"),
                condition=models.Q(image__isnull=False),
                name="socket_value_one_per_image",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.socket.title} value {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a new value; refuse to change a stored one."""
        if not self._state.adding:
            raise RuntimeError("A socket value never changes; make a new one.")
        super().save(*args, **kwargs)
