"""Pages of challenges."""

from app.challenges.views import (
    announcements,
    cases,
    challenges,
    design,
    grants,
    pages,
    phases,
    registration,
    submissions,
    teams,
)

__all__ = [
    "announcements",
    "cases",
    "challenges",
    "design",
    "grants",
    "pages",
    "phases",
    "registration",
    "submissions",
    "teams",
]
