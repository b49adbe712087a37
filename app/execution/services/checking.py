"""The checks of uploaded archives: one flow for container images and for model weights.

What is checked differs, and is a function that reads a stream and answers the facts. Everything
around it is the same: the lease, how far it is, the refusal in words, and that content which is
there already is not stored twice.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from app.accounts.models import User
from app.core.errors import TransitionNotAllowed
from app.core.states import transition
from app.core.storage import get_store
from app.core.tasks import enqueue_on_commit
from app.execution.contract import ContainerArchiveError
from app.execution.models.checked_upload import CheckedUpload
from app.execution.services.storage import release
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload

logger = logging.getLogger(__name__)
U = TypeVar("U", bound=CheckedUpload)
State = CheckedUpload.State
LEASE = timedelta(minutes=30)
MAX_ATTEMPTS = 5
SHOWN_EVERY = 0.7  # seconds between two looks at how far a check is

Progress = Callable[[int, str], None]
Inspect = Callable[[BinaryIO, Progress], dict[str, Any]]
Told = Callable[[Any, str], None]


@transaction.atomic
def restore(row: CheckedUpload, *, actor: User, upload: UserUpload, key: str, task: str) -> None:
    """Give a retired upload its archive back; the checks see to it that the content is the same."""
    filename = upload.filename
    stored = consume_upload(upload, to=key)
    transition(
        row,
        State.UPLOADED,
        actor=actor,
        key=key,
        filename=filename,
        size=stored.size,
        attempts=0,
        reclaimed_at=None,
    )
    enqueue_on_commit(task, row.pk)


def run_checks(
    model: type[U], pk: UUID | str, *, inspect: Inspect, same: tuple[str, ...], tell: Told
) -> None:
    """Check one upload; whatever else the broker delivers is a no-op.

    ``inspect`` answers the facts as fields, ``digest`` among them. ``same`` names the fields that
    describe the stored bytes: a row whose content is there already takes them over.
    """
    row = claim(model, pk)
    if row is None:
        return
    try:
        with get_store().open(row.key) as stream:
            facts = inspect(stream, _shown(row))
    except ContainerArchiveError as error:
        refuse(row, error.message, code=error.code, advice=error.advice, tell=tell)
    except Exception:
        logger.exception("The upload %s could not be read", row.pk)
        give_back(row, tell=tell)
    else:
        _accept(row, facts, same=same, tell=tell)


def claim(model: type[U], pk: UUID | str) -> U | None:
    """Take an upload that waits for its checks, or return ``None``."""
    row = model._default_manager.filter(pk=pk, state=State.UPLOADED).first()
    if row is None:
        return None
    lease = timezone.now() + LEASE
    try:
        return transition(
            row,
            State.VALIDATING,
            attempts=row.attempts + 1,
            lease_expires_at=lease,
            checked_bytes=0,
            checking="",
        )
    except TransitionNotAllowed:
        return None


def send_due(model: type[U], task: str, *, tell: Told) -> None:
    """Queue checks that no worker holds and that the broker may have forgotten."""
    now = timezone.now()
    rows = model._default_manager
    for row in rows.filter(state=State.VALIDATING, lease_expires_at__lt=now):
        give_back(row, tell=tell)
    due = rows.filter(state=State.UPLOADED, modified__lt=now - timedelta(seconds=30))
    for pk in due.values_list("pk", flat=True)[:200]:
        enqueue_on_commit(task, pk)


@transaction.atomic
def _accept(row: U, facts: dict[str, Any], *, same: tuple[str, ...], tell: Told) -> None:
    if row.digest and facts["digest"] != row.digest:
        _not_the_same(row, tell=tell)
        return
    twin = _stored_twin(row, facts["digest"])
    if twin is not None:
        release(row)
        facts = facts | {name: getattr(twin, name) for name in ("key", "size", *same)}
    type(row)._default_manager.filter(pk=row.pk).update(reason="")  # a move only sets it
    row.reason = ""
    cleared: dict[str, Any] = dict.fromkeys(("reason_code", "advice", "checking"), "")
    cleared |= {"reclaimed_at": None, "lease_expires_at": None}
    transition(row, State.READY, **cleared, **facts)
    tell(row, f"{row.filename} passed its checks.")


def _not_the_same(row: CheckedUpload, *, tell: Told) -> None:
    """A retired row takes back its own content alone: its digest is what results refer to."""
    release(row)
    transition(
        row,
        State.RETIRED,
        reason="The uploaded file holds something else than this version did.",
        reason_code="another",
        advice="Upload the file that this version was made from, or upload a new version.",
        lease_expires_at=None,
        reclaimed_at=timezone.now(),
        checking="",
    )
    tell(row, f"{row.filename} was refused: it holds something else than this version did.")


def _stored_twin(row: U, digest: str) -> U | None:
    """A ready row with the same content, locked so that its bytes stay while they are shared."""
    rows = type(row)._default_manager.select_for_update(of=("self",))
    twins = rows.filter(digest=digest, state=State.READY).exclude(pk=row.pk)
    found: U | None = twins.order_by("created").first()
    return found


@transaction.atomic
def refuse(row: CheckedUpload, reason: str, *, code: str, advice: str, tell: Told) -> None:
    """Say no, in words. One that was accepted before goes back to being retired."""
    to = State.RETIRED if row.digest else State.INVALID
    if row.digest:
        release(row)
    transition(
        row,
        to,
        reason=reason,
        reason_code=code,
        advice=advice,
        lease_expires_at=None,
        checking="",
        reclaimed_at=timezone.now() if row.digest else None,
    )
    tell(row, f"{row.filename} was refused: {reason}")


def give_back(row: CheckedUpload, *, tell: Told) -> None:
    """Queue a check again that was lost; after too many losses the upload is refused."""
    if row.attempts >= MAX_ATTEMPTS:
        refuse(
            row,
            "The archive could not be read in several attempts.",
            code="unreadable",
            advice="Upload it again, or ask an administrator to look at the log.",
            tell=tell,
        )
    else:
        transition(row, State.UPLOADED, lease_expires_at=None)


def _shown(row: CheckedUpload) -> Progress:
    """Write how far the check is, a little more often than once a second."""
    last = [0.0]
    rows: models.QuerySet[Any] = type(row)._default_manager.filter(
        pk=row.pk, state=State.VALIDATING
    )

    def show(done: int, what: str) -> None:
        if time.monotonic() - last[0] >= SHOWN_EVERY:
            last[0] = time.monotonic()
            rows.update(checked_bytes=done, checking=what[:120])

    return show
