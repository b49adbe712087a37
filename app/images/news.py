"""What people are told about imports."""

from app.notifications.kinds import register_kind

IMPORT_DONE = "images.import.finished"
IMPORT_FAILED = "images.import.failed"
IMAGES_WAIT = "images.quarantine.waiting"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(IMPORT_DONE, "Imports done", "Images that you sent are there.")
    register_kind(IMPORT_FAILED, "Imports failed", "Nothing of what you sent could be used.")
    register_kind(
        IMAGES_WAIT,
        "Images to review",
        "Images wait for you: their pixels may show who the patient is.",
    )
