"""Pages of challenges."""

from app.challenges.views import (
    announcements,
    cases,
    challenges,
    cloning,
    design,
    grants,
    pages,
    phases,
    pictures,
    proposals,
    submissions,
    teams,
)

__all__ = [
    "announcements",
    "cases",
    "challenges",
    "cloning",
    "design",
    "grants",
    "pages",
    "phases",
    "pictures",
    "proposals",
    "submissions",
    "teams",
]
