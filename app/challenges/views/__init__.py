"""Pages of challenges."""

from app.challenges.views import cases, challenges, phases, submissions

__all__ = ["cases", "challenges", "phases", "submissions"]
