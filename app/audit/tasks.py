"""Background work of the audit log, on a queue of its own so that nothing delays it."""

from app.audit import services
from app.core.tasks import task


@task(queue="audit", max_seconds=60)
def seal_events() -> None:
    """Seal what was committed (every two seconds)."""
    services.seal()


@task(queue="audit", max_seconds=60)
def sign_head() -> None:
    """Write a signed head of the chain to the storage (every minute)."""
    services.sign_head()


@task(queue="audit", max_seconds=300)
def thin_heads() -> None:
    """Keep one head an hour of those older than a day (hourly)."""
    services.thin_heads()
