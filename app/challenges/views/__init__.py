"""Pages of challenges."""

from app.challenges.views import (
    announcements,
    cases,
    challenges,
    design,
    grants,
    pages,
    phases,
    starter_kit,
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
    "starter_kit",
    "submissions",
    "teams",
]
