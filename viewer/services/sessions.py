"""Opening, keeping and ending view sessions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.core.audit import audit_sink
from app.core.errors import NotFound, TransitionNotAllowed
from app.core.states import transition
from app.images.models import Image
from viewer.models import ViewSession
from viewer.registry import DisplaySetView, get_source

LEASE = timedelta(hours=2)


def open_session(*, user: Any, source: str, pk: UUID) -> tuple[ViewSession, DisplaySetView]:
    """Return the user's live session for a display set, making one where there is none.

    Raises `NotFound` when the user may not look.
    """
    view = get_source(source).resolve(user=user, pk=pk)
    session = _extended(user=user, source=source, pk=pk) or _new(user=user, source=source, pk=pk)
    for image in Image.objects.filter(pk__in={layer.image_id for layer in view.layers}):
        data = {"source": source, "object": str(pk), "session": str(session.pk)}
        audit_sink()("images.image.opened", obj=image, actor=user, data=data)
    return session, view


def _extended(*, user: Any, source: str, pk: UUID) -> ViewSession | None:
    """The live session with its lease renewed; one whose lease is over is stopped first."""
    with transaction.atomic():
        session = (
            ViewSession.objects.select_for_update(of=("self",))
            .filter(user=user, source=source, object_id=pk, state__in=ViewSession.LIVE)
            .first()
        )
        if session is None:
            return None
        if not session.is_live:
            transition(session, ViewSession.State.STOPPED, reason="lease over")
            return None
        session.expires_at = timezone.now() + LEASE
        session.save(update_fields=["expires_at", "modified"])
        return session


def _new(*, user: Any, source: str, pk: UUID) -> ViewSession:
    """A new session; two requests at once share the one that came first."""
    try:
        with transaction.atomic():
            session = ViewSession.objects.create(
                user=user, source=source, object_id=pk, expires_at=timezone.now() + LEASE
            )
            audit_sink()(
                "viewer.session.opened",
                obj=session,
                actor=user,
                data={"source": source, "object": str(pk)},
            )
            return session
    except IntegrityError:
        return ViewSession.objects.get(
            user=user, source=source, object_id=pk, state__in=ViewSession.LIVE
        )


def run_session(session: ViewSession) -> None:
    """The first slices can be sent. A session that runs already stays as it is."""
    if session.state != ViewSession.State.RUNNING:
        try:
            transition(session, ViewSession.State.RUNNING, actor=session.user)
        except TransitionNotAllowed:
            session.refresh_from_db()


def stop_session(session: ViewSession, *, reason: str) -> None:
    """End a session; its socket closes at its next check. Ending an ended one is fine."""
    try:
        transition(session, ViewSession.State.STOPPED, reason=reason, message=reason)
    except TransitionNotAllowed:
        session.refresh_from_db()


def fail_session(session: ViewSession, *, message: str) -> None:
    """The display set cannot be shown, for a reason that is told."""
    try:
        transition(session, ViewSession.State.FAILED, reason=message, message=message)
    except TransitionNotAllowed:
        session.refresh_from_db()


def check_session(pk: UUID, *, user: Any, active: bool) -> bool:
    """Tell whether the session may go on, asking the access door again.

    An active reader renews the lease; a reader who may no longer look loses the session.
    """
    session = ViewSession.objects.select_related("user").filter(pk=pk, user=user).first()
    if session is None or not session.is_live:
        return False
    try:
        if not session.user.is_active:
            raise NotFound
        get_source(session.source).resolve(user=session.user, pk=session.object_id)
    except NotFound:
        stop_session(session, reason="Access was withdrawn.")
        return False
    if active:
        ViewSession.objects.filter(pk=pk, state__in=ViewSession.LIVE).update(
            expires_at=timezone.now() + LEASE
        )
    return True


def end_expired_sessions() -> int:
    """Stop the sessions whose lease is over; return how many."""
    expired = ViewSession.objects.filter(state__in=ViewSession.LIVE, expires_at__lte=timezone.now())
    sessions = list(expired[:500])
    for session in sessions:
        stop_session(session, reason="The lease is over.")
    return len(sessions)
