"""Background work of the viewer."""

from uuid import UUID

from app.core.tasks import task
from viewer.services import packs, placing, sessions


@task(queue="slices", max_seconds=packs.MAX_SECONDS)
def make_slice_pack(image_id: str) -> None:
    """Make the slice pack of an image."""
    packs.make_pack(UUID(image_id))


@task(queue="short", max_seconds=60)
def reconcile_viewer() -> None:
    """Enqueue what the broker forgot, end sessions whose lease is over, forget dead processes."""
    packs.requeue_due_packs()
    sessions.end_expired_sessions()
    placing.forget_dead_processes()
