"""Pages of challenges."""

from app.challenges.views import announcements, challenges, design, pages, phases, submissions

__all__ = ["announcements", "challenges", "design", "pages", "phases", "submissions"]
