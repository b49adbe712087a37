"""Files that are already on this machine, taken in as if they had been sent."""

import hashlib
from pathlib import Path

from django.db import transaction

from app.accounts.models import User
from app.core.states import transition
from app.core.storage import get_store
from app.uploads.models import UserUpload
from app.uploads.names import plain_filename


@transaction.atomic
def adopt_file(*, owner: User, path: Path) -> UserUpload:
    """Return a completed upload that holds a copy of a local file."""
    upload = UserUpload.objects.create(owner=owner, filename=plain_filename(path.name))
    stored = get_store().put_file(path, key=upload.key)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    transition(upload, UserUpload.State.INITIALIZED, actor=owner)
    return transition(
        upload, UserUpload.State.COMPLETED, actor=owner, size=stored.size, sha256=digest
    )
