"""Archive items as the viewer shows them."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from app.core.errors import NotFound
from archives.selectors import get_item_for
from viewer.registry import DisplaySetView, Layer


class ArchiveItemSource:
    """Shows an archive item: images first, then segmentations as overlays."""

    key = "archive-item"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for a stranger."""
        item = get_item_for(user, pk)
        layers = [
            Layer(
                image_id=value.image_id,
                name=value.socket.title,
                role="overlay" if value.socket.kind == "SEG" else "image",
                segments=value.socket.segments,
            )
            for value in item.values.all()
            if value.image_id
        ]
        if not layers:
            raise NotFound("This case holds no image to view.")
        layers.sort(key=lambda layer: layer.role == "overlay")
        back = reverse("archives:detail", args=[item.archive_id])
        return DisplaySetView(title=item.title, layers=tuple(layers), back_url=back)
