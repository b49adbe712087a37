"""Background work of algorithms: batches go on as places become free."""

from algorithms.services import batches
from app.core.tasks import task


@task(queue="short", max_seconds=120)
def feed_batch(batch_id: str) -> None:
    """Start as many cases of a batch as may start."""
    batches.feed_batch(batch_id)


@task(queue="short", max_seconds=60)
def reconcile_batches() -> None:
    """Look after batches that wait for places or credits."""
    batches.reconcile_batches()
