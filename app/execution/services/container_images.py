"""Taking container images in, and checking them without an engine."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import TransitionNotAllowed
from app.core.ids import new_id
from app.core.states import transition
from app.core.storage import get_store
from app.core.tasks import enqueue_on_commit
from app.delivery.services import signed_url_for
from app.execution.contract import ContainerArchiveError, ImageManifest
from app.execution.contract.child import inspect_in_child
from app.execution.contract.spec import ImageReference
from app.execution.models import ContainerImage
from app.execution.news import CONTAINER_CHECKED
from app.execution.registry import container_page
from app.execution.staging import lifetime
from app.notifications.services import notify
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload

logger = logging.getLogger(__name__)
State = ContainerImage.State
TASK = "app.execution.tasks.validate_container"
LEASE = timedelta(minutes=30)
MAX_ATTEMPTS = 5


@transaction.atomic
def create_container_image(*, actor: User, kind: str, upload: UserUpload) -> ContainerImage:
    """Take a completed upload over as a container image and queue its checks."""
    key = f"containers/{new_id()}.tar"
    filename = upload.filename
    stored = consume_upload(upload, to=key)
    image = ContainerImage.objects.create(
        creator=actor, kind=kind, filename=filename, key=key, size=stored.size
    )
    record("execution.container_image.uploaded", obj=image, actor=actor, data={"size": image.size})
    enqueue_on_commit(TASK, image.pk)
    return image


def validate_container_image(pk: UUID | str) -> None:
    """Check an uploaded archive; whatever else the broker delivers is a no-op."""
    image = ContainerImage.objects.filter(pk=pk, state=State.UPLOADED).first()
    if image is None:
        return
    lease = timezone.now() + LEASE
    try:
        transition(image, State.VALIDATING, attempts=image.attempts + 1, lease_expires_at=lease)
    except TransitionNotAllowed:
        return
    try:
        with get_store().open(image.key) as stream:
            manifest = inspect_in_child(stream)
    except ContainerArchiveError as error:
        _refuse(image, error.message, code=error.code, advice=error.advice)
    except Exception:
        logger.exception("Container image %s could not be read", image.pk)
        _give_back(image)
    else:
        _accept(image, manifest)


def send_due_container_images() -> None:
    """Queue checks that no worker holds and that the broker may have forgotten."""
    now = timezone.now()
    for image in ContainerImage.objects.filter(state=State.VALIDATING, lease_expires_at__lt=now):
        _give_back(image)
    due = ContainerImage.objects.filter(
        state=State.UPLOADED, modified__lt=now - timedelta(seconds=30)
    )
    for pk in due.values_list("pk", flat=True)[:200]:
        enqueue_on_commit(TASK, pk)


def image_reference(image: ContainerImage) -> ImageReference:
    """Return what an executor needs to get and run the image."""
    return ImageReference(
        manifest=ImageManifest.from_record(image.manifest),
        archive_url=signed_url_for(image.key, expires_in=lifetime()),
        archive_bytes=image.size,
    )


@transaction.atomic
def _accept(image: ContainerImage, manifest: ImageManifest) -> None:
    transition(
        image,
        State.READY,
        digest=manifest.image_id,
        manifest=manifest.as_record(),
        lease_expires_at=None,
    )
    _tell(image, f"The container image {image.filename} passed its checks.")


@transaction.atomic
def _refuse(image: ContainerImage, reason: str, *, code: str, advice: str) -> None:
    transition(
        image,
        State.INVALID,
        reason=reason,
        reason_code=code,
        advice=advice,
        lease_expires_at=None,
    )
    _tell(image, f"The container image {image.filename} was refused: {reason}")


def _tell(image: ContainerImage, text: str) -> None:
    notify(user=image.creator, kind=CONTAINER_CHECKED, text=text, url=container_page(image))


def _give_back(image: ContainerImage) -> None:
    if image.attempts >= MAX_ATTEMPTS:
        _refuse(
            image,
            "The archive could not be read in several attempts.",
            code="unreadable",
            advice="Upload it again, or ask an administrator to look at the log.",
        )
    else:
        transition(image, State.UPLOADED, lease_expires_at=None)
