"""What upper layers register with the viewer: where display sets come from.

A source turns (user, key) into what is to be shown, and it is the access door: it raises
`NotFound` for whoever may not look. The viewer asks it when the page opens, when the socket
opens, and again while the session lasts.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from app.core.errors import NotFound


@dataclass(frozen=True)
class Segment:
    """A label of an overlay; the color is ``#rrggbb``."""

    value: int
    name: str
    color: str


@dataclass(frozen=True)
class Layer:
    """One image of a display set. Overlays hold labels, drawn in color over the image."""

    image_id: UUID
    name: str
    role: Literal["image", "overlay"] = "image"
    segments: tuple[Segment, ...] = ()
    socket: str = ""


@dataclass(frozen=True)
class Filled:
    """One socket that a display set fills; ``image_id`` is the image in it, if it holds one."""

    slug: str
    title: str
    kind: str
    image_id: UUID | None = None


@dataclass(frozen=True)
class DisplaySetView:
    """What one user sees of one display set.

    ``sockets`` are all that it fills, in order. ``viewable`` is the object that says how its cases
    hang (`viewer.viewables`); nothing where there is none.
    ``panel_url`` is loaded beside the picture; ``panel_script`` is the front-end entry that makes
    it work. ``others`` is what the user may do with the annotations that other people made of it,
    and ``values`` are the keys of its socket values, which annotations may be begun with.
    """

    title: str
    layers: tuple[Layer, ...]
    back_url: str
    panel_url: str = ""
    sockets: tuple[Filled, ...] = ()
    viewable: Any = None
    panel_script: str = ""
    others: Literal["none", "see", "edit"] = "none"
    values: tuple[int, ...] = ()


class DisplaySetSource(Protocol):
    """Somebody who has display sets: an archive item, a reader study, a job's result."""

    key: str

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        """Return what ``user`` may see of ``pk``, or raise `NotFound`."""

    def check(self, *, user: Any, pk: UUID) -> None:
        """Raise `NotFound` when ``user`` may no longer look; asked of every reader again and again.

        A source that knows a cheaper answer than making the view says it here.
        """
        self.resolve(user=user, pk=pk)


_sources: dict[str, DisplaySetSource] = {}


def register(source: DisplaySetSource) -> None:
    """Add a source under its key; registering the same key again replaces it."""
    _sources[source.key] = source


def get_source(key: str) -> DisplaySetSource:
    """Return the source, or raise `NotFound`: an unknown address looks like any other."""
    if key not in _sources:
        raise NotFound
    return _sources[key]
