"""Pages of challenges."""

from app.challenges.views import (
    announcements,
    cases,
    challenges,
    cloning,
    dashboard,
    design,
    exports,
    grants,
    pages,
    phases,
    pictures,
    proposals,
    registration,
    starter_kit,
    submissions,
    teams,
)

__all__ = [
    "announcements",
    "cases",
    "challenges",
    "cloning",
    "dashboard",
    "design",
    "exports",
    "grants",
    "pages",
    "phases",
    "pictures",
    "proposals",
    "registration",
    "starter_kit",
    "submissions",
    "teams",
]
