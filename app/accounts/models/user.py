"""The user: a person who signs in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person; the integer key is part of the public API's contract."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", unique=True)
    institution = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("username",)

    @property
    def display_name(self) -> str:
        """The name to show to other people."""
        return self.get_full_name() or self.username
