"""What an object says about who may ask for access to it, and what then happens."""

from django.db import models


class AccessMode(models.TextChoices):
    """What happens when somebody asks."""

    MANUAL = "MANUAL", "An editor decides"
    VERIFIED = "VERIFIED", "Verified people get in at once, others wait for an editor"
    AUTOMATIC = "AUTOMATIC", "Everybody gets in at once"
    CLOSED = "CLOSED", "Nobody can ask"


class Askable(models.Model):
    """Adds whether people find the object without having access, and how they may get in.

    A listed object shows strangers its card (title, description, owners); its contents stay closed.
    """

    listed = models.BooleanField(
        "listed",
        default=False,
        help_text="People without access find its title, description and owners, and can ask.",
    )
    access_mode = models.CharField(
        "when somebody asks for access",
        max_length=9,
        choices=AccessMode.choices,
        default=AccessMode.MANUAL,
    )

    class Meta:
        abstract = True
