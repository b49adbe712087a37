"""Background work on people's data."""

import logging

from app.core.tasks import task
from app.people import services

logger = logging.getLogger(__name__)


@task(queue="short", max_seconds=600)
def make_personal_export(pk: str) -> None:
    """Put a person's data together."""
    services.build_export(pk)


@task(queue="short", max_seconds=600)
def look_after_people() -> None:
    """Delete the accounts that are due, remove old exports, end unopened links (hourly)."""
    deleted = services.delete_due_accounts()
    removed = services.sweep_exports()
    expired = services.expire_confirmations()
    if deleted or removed or expired:
        logger.info(
            "Accounts deleted: %d, exports removed: %d, links expired: %d",
            deleted,
            removed,
            expired,
        )
