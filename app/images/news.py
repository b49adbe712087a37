"""What people are told about imports."""

from app.notifications.kinds import register_kind

IMPORT_DONE = "images.import.finished"
IMPORT_FAILED = "images.import.failed"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(IMPORT_DONE, "Imports done", "Images that you sent are there.")
    register_kind(IMPORT_FAILED, "Imports failed", "Nothing of what you sent could be used.")
