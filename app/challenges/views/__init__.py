"""Pages of challenges."""

from app.challenges.views import (
    announcements,
    cases,
    challenges,
    dashboard,
    design,
    exports,
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
    "dashboard",
    "design",
    "exports",
    "grants",
    "pages",
    "phases",
    "registration",
    "submissions",
    "teams",
]
