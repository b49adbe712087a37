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
    "submissions",
    "teams",
]
