"""Taking container images in, and checking them without an engine."""

from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.ids import new_id
from app.core.tasks import enqueue_on_commit
from app.delivery.services import signed_url_for
from app.execution.contract import ImageManifest
from app.execution.contract.child import inspect_in_child
from app.execution.contract.spec import ImageReference
from app.execution.models import ContainerImage
from app.execution.news import CONTAINER_CHECKED
from app.execution.registry import container_page
from app.execution.services.checking import Progress, restore, run_checks, send_due
from app.execution.staging import lifetime
from app.notifications.services import notify
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload

TASK = "app.execution.tasks.validate_container"


@transaction.atomic
def create_container_image(*, actor: User, kind: str, upload: UserUpload) -> ContainerImage:
    """Take a completed upload over as a container image and queue its checks."""
    key = new_key()
    filename = upload.filename
    stored = consume_upload(upload, to=key)
    image = ContainerImage.objects.create(
        creator=actor, kind=kind, filename=filename, key=key, size=stored.size
    )
    record("execution.container_image.uploaded", obj=image, actor=actor, data={"size": image.size})
    enqueue_on_commit(TASK, image.pk)
    return image


def restore_container_image(*, actor: User, image: ContainerImage, upload: UserUpload) -> None:
    """Give a retired image its archive back; it must hold the same image as before."""
    restore(image, actor=actor, upload=upload, key=new_key(), task=TASK)


def validate_container_image(pk: UUID | str) -> None:
    """Check an uploaded archive; whatever else the broker delivers is a no-op."""
    run_checks(ContainerImage, pk, inspect=_inspect, same=("manifest",), tell=_tell)


def send_due_container_images() -> None:
    """Queue checks that no worker holds and that the broker may have forgotten."""
    send_due(ContainerImage, TASK, tell=_tell)


def image_reference(image: ContainerImage) -> ImageReference:
    """Return what an executor needs to get and run the image."""
    return ImageReference(
        manifest=ImageManifest.from_record(image.manifest),
        archive_url=signed_url_for(image.key, expires_in=lifetime()),
        archive_bytes=image.size,
    )


def new_key() -> str:
    """Return a storage key for an archive."""
    return f"containers/{new_id()}.tar"


def _inspect(stream: BinaryIO, progress: Progress) -> dict[str, Any]:
    manifest = inspect_in_child(stream, progress=progress)
    return {"digest": manifest.image_id, "manifest": manifest.as_record()}


def _tell(image: ContainerImage, text: str) -> None:
    words = f"The container image {text}"
    notify(user=image.creator, kind=CONTAINER_CHECKED, text=words, url=container_page(image))
