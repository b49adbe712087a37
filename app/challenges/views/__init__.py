"""Pages of challenges."""

from app.challenges.views import challenges, phases, submissions

__all__ = ["challenges", "phases", "submissions"]
