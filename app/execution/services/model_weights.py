"""Taking model weights in, checking them as a stream, and giving them to jobs."""

from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.ids import new_id
from app.core.tasks import enqueue_on_commit
from app.delivery.services import signed_url_for
from app.execution.contract.child import inspect_weights_in_child
from app.execution.models import Job, ModelWeights
from app.execution.news import CONTAINER_CHECKED
from app.execution.registry import weights_page
from app.execution.services.checking import Progress, restore, run_checks, send_due
from app.execution.staging import lifetime
from app.notifications.services import notify
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload

TASK = "app.execution.tasks.validate_model_weights"


@transaction.atomic
def create_model_weights(*, actor: User, upload: UserUpload) -> ModelWeights:
    """Take a completed upload over as model weights and queue their checks."""
    key, filename = _new_key(), upload.filename
    stored = consume_upload(upload, to=key)
    weights = ModelWeights.objects.create(
        creator=actor, filename=filename, key=key, size=stored.size
    )
    record("execution.model_weights.uploaded", obj=weights, actor=actor, data={"size": stored.size})
    enqueue_on_commit(TASK, weights.pk)
    return weights


def restore_model_weights(*, actor: User, weights: ModelWeights, upload: UserUpload) -> None:
    """Give retired weights their archive back; it must hold the same files as before."""
    restore(weights, actor=actor, upload=upload, key=_new_key(), task=TASK)


def validate_model_weights(pk: UUID | str) -> None:
    """Check uploaded weights; whatever else the broker delivers is a no-op."""
    same = ("unpacked_bytes", "files")
    run_checks(ModelWeights, pk, inspect=_inspect, same=same, tell=_tell)


def send_due_model_weights() -> None:
    """Queue checks that no worker holds and that the broker may have forgotten."""
    send_due(ModelWeights, TASK, tell=_tell)


def model_address(job: Job) -> str:
    """Return where a run fetches the job's weights for a while; nothing if it has none."""
    return signed_url_for(job.model.key, expires_in=lifetime()) if job.model else ""


def _new_key() -> str:
    return f"models/{new_id()}.tar.gz"


def _inspect(stream: BinaryIO, progress: Progress) -> dict[str, Any]:
    found = inspect_weights_in_child(stream, progress=progress)
    return {
        "digest": found.digest,
        "unpacked_bytes": found.unpacked_bytes,
        "files": found.files,
    }


def _tell(weights: ModelWeights, text: str) -> None:
    words = f"The model {text}"
    notify(user=weights.creator, kind=CONTAINER_CHECKED, text=words, url=weights_page(weights))
