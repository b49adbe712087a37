"""Background work of images."""

from app.core.tasks import task
from app.images import services


@task(queue="imports", max_seconds=4 * 3600)
def run_import(import_id: str) -> None:
    """Turn an import's uploads into images."""
    services.run_import(import_id)


@task(queue="imports", max_seconds=3600)
def clear_import(import_id: str) -> None:
    """Take back the images of an import that delivered none."""
    services.clear_import(import_id)


@task(queue="short", max_seconds=60)
def reconcile_imports() -> None:
    """Send imports that are due and that the broker forgot; take back those of dead workers."""
    services.send_due_imports()


@task(queue="imports", max_seconds=2 * 3600)
def mask_image(quarantine_id: str) -> None:
    """Blacken what a reviewer marked on an image in quarantine."""
    services.mask_image(quarantine_id)


@task(queue="short", max_seconds=60)
def reconcile_maskings() -> None:
    """Send maskings that are due and that the broker forgot."""
    services.send_due_maskings()
