"""How a viewer server talks to the site; see `base`."""

from viewer.gateway.base import (
    Knock,
    PackState,
    Refused,
    Seat,
    Showing,
    ShownLayer,
    Values,
    ViewerGateway,
    Window,
)

__all__ = [
    "Knock",
    "PackState",
    "Refused",
    "Seat",
    "Showing",
    "ShownLayer",
    "Values",
    "ViewerGateway",
    "Window",
]
