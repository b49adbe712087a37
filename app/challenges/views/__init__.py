"""Pages of challenges."""

from app.challenges.views import cases, challenges, grants, phases, submissions, teams

__all__ = ["cases", "challenges", "grants", "phases", "submissions", "teams"]
