"""Pages of the viewer, by subject."""

from viewer.views import configurations, protocols, sessions, viewing

__all__ = ["configurations", "protocols", "sessions", "viewing"]
