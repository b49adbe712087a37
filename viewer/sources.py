"""The viewer's own source of display sets: a single image, for whoever may see it."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from app.core.errors import NotFound
from app.images.selectors import get_image_for, sees_still
from viewer.registry import DisplaySetSource, DisplaySetView, Layer


class ImageSource(DisplaySetSource):
    """One image as a display set; its page is the way back."""

    key = "image"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return the image alone, or raise `NotFound`."""
        image = get_image_for(user, pk)
        return DisplaySetView(
            title=image.name,
            layers=(Layer(image_id=image.pk, name=image.name),),
            back_url=reverse("images:detail", args=[image.pk]),
            others="see" if user.is_superuser else "none",
        )

    def check(self, *, user: Any, pk: UUID) -> None:
        """Ask first whoever let the reader in last."""
        if not sees_still(user, pk):
            raise NotFound
