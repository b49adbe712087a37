"""Display sets as the viewer shows them: to a reader, and to an editor who says what is right."""

from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse

from app.core.errors import NotFound
from reader_studies.policies import READER_STUDIES
from reader_studies.selectors import get_display_set_for
from viewer.layers import layers_of, sockets_of
from viewer.registry import DisplaySetSource, DisplaySetView

PANEL_SCRIPT = "reading"


class ReadingSource(DisplaySetSource):
    """Shows a display set with the questions beside it."""

    key = "display-set"
    action: ClassVar[str] = "read"
    back: ClassVar[str] = "reader_studies:detail"
    panel: ClassVar[str] = "reader_studies:panel"

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what to show, or raise `NotFound` for a stranger."""
        display_set = get_display_set_for(user, pk, action=self.action)
        values = display_set.values.all()
        layers = layers_of(values)
        if not layers:
            raise NotFound("This case holds no image to view.")
        may_see = READER_STUDIES.allows(user, display_set.study, "statistics")
        return DisplaySetView(
            title=display_set.title,
            layers=layers,
            back_url=reverse(self.back, args=[display_set.study_id]),
            panel_url=reverse(self.panel, args=[display_set.pk]),
            panel_script=PANEL_SCRIPT,
            sockets=sockets_of(values),
            viewable=display_set.study,
            others="see" if may_see else "none",
            values=tuple(value.pk for value in values),
        )


class ReferenceSource(ReadingSource):
    """Shows a display set to an editor, who enters the reference standard beside it."""

    key = "reference-standard"
    action = "change"
    back = "reader_studies:reference"
    panel = "reader_studies:reference_panel"
