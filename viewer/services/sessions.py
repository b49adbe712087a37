"""Opening, keeping and ending view sessions."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.core.audit import audit_sink
from app.core.errors import NotFound, TransitionNotAllowed
from app.core.states import transition
from app.images.models import Image
from viewer.errors import ViewSessionEnded
from viewer.models import ViewSession
from viewer.registry import DisplaySetView, get_source
from viewer.services.placing import Whereabouts, place

STOPPED_BY_READER = "You stopped this viewing session. Open the image again to go on."
WITHDRAWN = "Access was withdrawn."
OPENED_ANEW = "It was opened again after its time was over."


def open_session(
    *, user: Any, source: str, pk: UUID, whereabouts: Whereabouts | None = None
) -> tuple[ViewSession, DisplaySetView]:
    """Return the user's live session for a display set, making one where there is none.

    It is given to a viewer server that answers; one that is given to a dead server moves.
    Raises `NotFound` when the user may not look.
    """
    view = get_source(source).resolve(user=user, pk=pk)
    session = _extended(user=user, source=source, pk=pk)
    if session is None:
        session = _new(user=user, source=source, pk=pk, whereabouts=whereabouts)
    place(session, whereabouts=whereabouts)
    for image in Image.objects.filter(pk__in={layer.image_id for layer in view.layers}):
        data = {"source": source, "object": str(pk), "session": str(session.pk)}
        audit_sink()("images.image.opened", obj=image, actor=user, data=data)
    return session, view


def lease_of(session: ViewSession | None = None) -> datetime:
    """Return how long a session stays that is used now: for its idle time, within its longest."""
    now = timezone.now()
    begun = now if session is None else session.created
    return min(
        now + timedelta(seconds=settings.VIEWER_IDLE_SECONDS),
        begun + timedelta(seconds=settings.VIEWER_LONGEST_SECONDS),
    )


def why_over(session: ViewSession) -> str:
    """Say why the time of a session is over."""
    longest = timedelta(seconds=settings.VIEWER_LONGEST_SECONDS)
    if timezone.now() >= session.created + longest:
        return f"It was open for the longest time there is, {_spoken(longest)}."
    return f"It was not used for {_spoken(timedelta(seconds=settings.VIEWER_IDLE_SECONDS))}."


def _spoken(length: timedelta) -> str:
    minutes = max(1, round(length.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    if hours and not rest:
        return "an hour" if hours == 1 else f"{hours} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"


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
            transition(session, ViewSession.State.STOPPED, reason="lease over", message=OPENED_ANEW)
            return None
        _renew(session)
        return session


def _new(*, user: Any, source: str, pk: UUID, whereabouts: Whereabouts | None) -> ViewSession:
    """A new session; two requests at once share the one that came first."""
    region = "" if whereabouts is None else whereabouts.region
    try:
        with transaction.atomic():
            session = ViewSession.objects.create(
                user=user, source=source, object_id=pk, expires_at=lease_of(), region=region
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


def _renew(session: ViewSession) -> None:
    session.expires_at = lease_of(session)
    session.save(update_fields=["expires_at", "modified"])


def keep_alive(session: ViewSession) -> None:
    """Give a session its full idle time from now on. Raises `ViewSessionEnded`."""
    if not session.is_live:
        raise ViewSessionEnded(end_reason(session))
    _renew(session)


def run_session(session: ViewSession) -> None:
    """The first slices can be sent. A session that runs already stays as it is."""
    if session.state != ViewSession.State.RUNNING:
        try:
            transition(session, ViewSession.State.RUNNING, actor=session.user)
        except TransitionNotAllowed:
            session.refresh_from_db()


def stop_session(session: ViewSession, *, reason: str, actor: Any = None) -> None:
    """End a session; its socket closes at its next check. Ending an ended one is fine."""
    try:
        transition(session, ViewSession.State.STOPPED, actor=actor, reason=reason, message=reason)
    except TransitionNotAllowed:
        session.refresh_from_db()


def fail_session(session: ViewSession, *, message: str) -> None:
    """The display set cannot be shown, for a reason that is told."""
    try:
        transition(session, ViewSession.State.FAILED, reason=message, message=message)
    except TransitionNotAllowed:
        session.refresh_from_db()


def end_reason(session: ViewSession) -> str:
    """Say why a session that is not live ended; nothing where nobody knows."""
    return why_over(session) if session.state in ViewSession.LIVE else session.message


def check_session(pk: UUID, *, user: Any, active: bool) -> None:
    """Ask whether the session may go on, at the access door too; else raise `ViewSessionEnded`.

    An active reader renews the lease; a reader who may no longer look loses the session.
    """
    session = ViewSession.objects.select_related("user").filter(pk=pk, user=user).first()
    if session is None:
        raise ViewSessionEnded
    if not session.is_live:
        raise ViewSessionEnded(end_reason(session))
    try:
        if not session.user.is_active:
            raise NotFound
        get_source(session.source).check(user=session.user, pk=session.object_id)
    except NotFound:
        stop_session(session, reason=WITHDRAWN)
        raise ViewSessionEnded(WITHDRAWN) from None
    if active:
        ViewSession.objects.filter(pk=pk, state__in=ViewSession.LIVE).update(
            expires_at=lease_of(session), modified=timezone.now()
        )


def end_expired_sessions() -> int:
    """Stop the sessions whose lease is over; return how many."""
    expired = ViewSession.objects.filter(state__in=ViewSession.LIVE, expires_at__lte=timezone.now())
    sessions = list(expired[:500])
    for session in sessions:
        stop_session(session, reason=why_over(session))
    return len(sessions)
