"""Archive items as the viewer shows them."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from app.core.errors import NotFound
from archives.policies import ARCHIVES
from archives.selectors import get_item_for
from viewer.layers import layers_of, sockets_of
from viewer.registry import DisplaySetSource, DisplaySetView


class ArchiveItemSource(DisplaySetSource):
    """Shows an archive item: images first, then segmentations as overlays."""

    key = "archive-item"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for a stranger."""
        item = get_item_for(user, pk)
        values = item.values.all()
        layers = layers_of(values)
        if not layers:
            raise NotFound("This case holds no image to view.")
        back = reverse("archives:detail", args=[item.archive_id])
        may_edit = ARCHIVES.allows(user, item.archive, "change")
        return DisplaySetView(
            title=item.title,
            layers=layers,
            back_url=back,
            sockets=sockets_of(values),
            viewable=item.archive,
            others="edit" if may_edit else "none",
            values=tuple(value.pk for value in values),
        )
