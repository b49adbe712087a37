"""Reading view sessions, and what viewer servers do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from app.core.errors import NotFound
from viewer.models import ViewerProcess, ViewSession
from viewer.registry import get_source
from viewer.servers import SITE, configured_servers
from viewer.services.placing import ALIVE, sessions_by_server
from viewer.services.sessions import end_reason

RECENT = timedelta(days=1)
THIS_SITE = "This site"


def sessions_for(user: Any) -> QuerySet[ViewSession]:
    """Return the user's own sessions, newest first."""
    if not user.is_authenticated:
        return ViewSession.objects.none()
    return ViewSession.objects.filter(user=user)


def get_session_for(user: Any, pk: UUID) -> ViewSession:
    """Return the user's own session, else raise `NotFound`."""
    found = sessions_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def recent_sessions(user: Any) -> QuerySet[ViewSession]:
    """Return the user's sessions that are live or ended in the last day."""
    live = Q(state__in=ViewSession.LIVE, expires_at__gt=timezone.now())
    return sessions_for(user).filter(live | Q(modified__gt=timezone.now() - RECENT))


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session as its reader sees it in the list."""

    session: ViewSession
    title: str
    url: str
    server: str
    state: str
    reason: str


def session_rows(sessions: Iterable[ViewSession], *, user: Any) -> list[SessionRow]:
    """Return what each session shows, if the reader may still see it."""
    return [_row(session, user=user) for session in sessions]


def _row(session: ViewSession, *, user: Any) -> SessionRow:
    title = url = ""
    try:
        title = get_source(session.source).resolve(user=user, pk=session.object_id).title
        url = reverse("viewer:open", args=[session.source, session.object_id])
    except NotFound:
        title = "Something you have no access to any more"
    over = session.state in ViewSession.LIVE and not session.is_live
    return SessionRow(
        session=session,
        title=title,
        url=url,
        server=session.server or THIS_SITE,
        state=str(ViewSession.State.STOPPED) if over else session.state,
        reason="" if session.is_live else end_reason(session),
    )


@dataclass(frozen=True, kw_only=True)
class ServerRow:
    """What an operator sees of one viewer server; the site's own sockets are one as well."""

    name: str
    origin: str
    region: str
    is_remote: bool
    is_alive: bool
    is_unlisted: bool
    processes: int
    sockets: int
    sessions: int
    versions: Sequence[str]
    last_seen: Any


def viewer_servers() -> list[ServerRow]:
    """Return every configured viewer server and the site itself, with their live numbers."""
    seen: dict[str, list[ViewerProcess]] = {}
    for process in ViewerProcess.objects.all():
        seen.setdefault(process.server, []).append(process)
    sessions = sessions_by_server()
    names = [
        SITE,
        *configured_servers(),
        *sorted({*seen, *sessions} - {SITE, *configured_servers()}),
    ]
    return [
        _server(name, processes=seen.get(name, []), sessions=sessions.get(name, 0))
        for name in dict.fromkeys(names)
    ]


def _server(name: str, *, processes: Sequence[ViewerProcess], sessions: int) -> ServerRow:
    configured = configured_servers().get(name)
    now = timezone.now()
    alive = [process for process in processes if process.last_seen > now - ALIVE]
    return ServerRow(
        name=name or THIS_SITE,
        origin=configured.origin if configured else "",
        region=configured.region if configured else "",
        is_remote=bool(configured and configured.token),
        is_alive=bool(alive) or name == SITE,
        is_unlisted=configured is None and name != SITE,
        processes=len(alive),
        sockets=sum(process.sockets for process in alive),
        sessions=sessions,
        versions=sorted({process.version for process in alive if process.version}),
        last_seen=max((process.last_seen for process in processes), default=None),
    )
