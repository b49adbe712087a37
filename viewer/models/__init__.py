"""View sessions, slice packs, and how images hang."""

from viewer.models.hanging import HangingProtocol, RememberedLayout, Viewable
from viewer.models.sessions import SlicePack, ViewerProcess, ViewSession
from viewer.models.settings import ViewerConfiguration, ViewerPreferences

__all__ = [
    "HangingProtocol",
    "RememberedLayout",
    "SlicePack",
    "ViewSession",
    "Viewable",
    "ViewerConfiguration",
    "ViewerPreferences",
    "ViewerProcess",
]
