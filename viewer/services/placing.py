"""Which viewer server a session is given to, and what the servers say of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from app.core.audit import audit_sink
from viewer.models import ViewerProcess, ViewSession
from viewer.servers import SITE, ViewerServer, configured_servers

BEAT_SECONDS = 5.0
ALIVE = timedelta(seconds=30)
"""A server whose processes were silent for longer gets no sessions, and loses those it has."""
FORGOTTEN = timedelta(minutes=10)
MOST_SOCKETS = 20_000


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Where a reader is, as far as it is known: a region they named, and a network address."""

    region: str = ""
    address: str = ""


def place(session: ViewSession, *, whereabouts: Whereabouts | None = None, failed: str = "") -> str:
    """See to it that a session is with a server that answers; return the server's name.

    ``failed`` names a server that the reader cannot reach, however alive it is. The site itself
    serves what no server is left for.
    """
    servers = configured_servers()
    if not servers and session.server == SITE:
        return SITE
    alive = live_servers()
    stays = session.server in alive and session.server in servers and session.server != failed
    if not stays:
        free = {name: servers[name] for name in alive if name in servers and name != failed}
        _move(session, to=_chosen(free, session=session, whereabouts=whereabouts))
    return session.server


def _chosen(
    free: Mapping[str, ViewerServer], *, session: ViewSession, whereabouts: Whereabouts | None
) -> str:
    """The least loaded server of the reader's region, of their network, or of all."""
    if not free:
        return SITE
    where = whereabouts or Whereabouts()
    region = where.region or session.region
    near = [s for s in free.values() if region and s.region == region]
    near = near or [s for s in free.values() if s.is_near(where.address)]
    load = sessions_by_server()
    candidates = near or list(free.values())
    return min(candidates, key=lambda s: ((load.get(s.name, 0) + 1) / s.weight, s.name)).name


def _move(session: ViewSession, *, to: str) -> None:
    """Write down the server; a move away from another one is recorded."""
    before, session.server = session.server, to
    if before == to:
        return
    session.save(update_fields=["server", "modified"])
    if session.tickets:
        data = {"before": before or "this site", "after": to or "this site"}
        audit_sink()("viewer.session.moved", obj=session, actor=session.user, data=data)


def sessions_by_server() -> Mapping[str, int]:
    """Return how many live sessions each server has; the site itself has the empty name."""
    live = ViewSession.objects.filter(state__in=ViewSession.LIVE, expires_at__gt=timezone.now())
    counted = live.order_by().values_list("server").annotate(number=Count("pk"))
    return dict(counted)


def live_servers() -> frozenset[str]:
    """Return the names of servers of which at least one process was heard of lately."""
    alive = ViewerProcess.objects.filter(last_seen__gt=timezone.now() - ALIVE).exclude(server=SITE)
    return frozenset(alive.order_by().values_list("server", flat=True).distinct())


def hear_viewer(
    process: UUID,
    *,
    server: str,
    sessions: Sequence[UUID],
    sockets: int,
    version: str = "",
    ending: bool = False,
) -> list[UUID]:
    """Note a sign of life of a process; return those of its sessions that it should let go.

    They ended, or were given to another server. A process that ends gets nothing any more.
    """
    if ending:
        ViewerProcess.objects.filter(pk=process).delete()
        return []
    now = timezone.now()
    said = {"server": server, "version": version, "sockets": sockets, "last_seen": now}
    ViewerProcess.objects.update_or_create(pk=process, defaults=said)
    return _gone(sessions, server=server) if sessions else []


def _gone(sessions: Sequence[UUID], *, server: str) -> list[UUID]:
    asked = set(sessions[:MOST_SOCKETS])
    theirs = ViewSession.objects.filter(
        Q(pk__in=asked), state__in=ViewSession.LIVE, expires_at__gt=timezone.now(), server=server
    )
    return sorted(asked - set(theirs.values_list("pk", flat=True)))


def forget_dead_processes() -> int:
    """Remove the rows of processes that ended without saying so; return how many."""
    long_ago = timezone.now() - FORGOTTEN
    return ViewerProcess.objects.filter(last_seen__lt=long_ago).delete()[0]
