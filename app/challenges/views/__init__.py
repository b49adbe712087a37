"""Pages of challenges."""

from app.challenges.views import challenges, grants, phases, submissions, teams

__all__ = ["challenges", "grants", "phases", "submissions", "teams"]
