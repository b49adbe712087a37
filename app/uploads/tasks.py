"""Background work on uploads."""

import logging

from app.core.tasks import task
from app.uploads import services

logger = logging.getLogger(__name__)


@task(queue="short", max_seconds=600)
def sweep_uploads() -> None:
    """Remove uploads that nobody finished or wants (hourly)."""
    removed = services.sweep_uploads()
    if any(removed.values()):
        logger.info("Swept uploads: %s", removed)
