"""View sessions, slice packs, and how images hang; annotations stand in `viewer.annotations`."""

from viewer.annotations.models import Annotation, AnnotationVersion, MaskSlice
from viewer.models.hanging import HangingProtocol, RememberedLayout, Viewable
from viewer.models.sessions import SlicePack, ViewerProcess, ViewSession
from viewer.models.settings import ViewerConfiguration, ViewerPreferences

__all__ = [
    "Annotation",
    "AnnotationVersion",
    "HangingProtocol",
    "MaskSlice",
    "RememberedLayout",
    "SlicePack",
    "ViewSession",
    "Viewable",
    "ViewerConfiguration",
    "ViewerPreferences",
    "ViewerProcess",
]
