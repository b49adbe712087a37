"""Reading events: searched, page by page without counting, and per object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import CharField, Model, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event, Seal, SealProgress
from app.audit.registry import history_parts
from app.core.audit import registered_events
from app.core.errors import NotFound

PAGE = 50
LATE = timedelta(minutes=1)
_PEOPLE = 200


@dataclass(frozen=True)
class Search:
    """What an administrator looks for; what is empty does not narrow.

    ``name`` is an event's name, or the beginning of one that ends with a dot.
    """

    name: str = ""
    actor: str = ""
    object_type: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    request_id: str = ""
    address: str = ""


@dataclass(frozen=True)
class EventPage:
    """Some events, the newest first; ``older`` and ``newer`` are where to go on, 0 for nowhere."""

    events: Sequence[Event]
    older: int = 0
    newer: int = 0


@dataclass(frozen=True)
class SealState:
    """How far the log is sealed, for people."""

    last: Seal | None
    last_at: datetime | None
    head_key: str
    headed_at: datetime | None
    begun_at: datetime | None
    waiting_since: datetime | None

    @property
    def is_late(self) -> bool:
        """Tell whether the sealer, or the signing of heads, stands still."""
        now = timezone.now()
        stuck = self.waiting_since is not None and now - self.waiting_since > LATE
        headed_at = self.headed_at or self.begun_at  # the first head takes its time, too
        headless = self.last is not None and headed_at is not None and now - headed_at > 5 * LATE
        return stuck or headless


def events_for(user: Any) -> QuerySet[Event]:
    """Return all events for administrators; for everybody else there is no such thing."""
    if not user.is_superuser:
        raise NotFound
    return Event.objects.all()


def searched(events: QuerySet[Event], search: Search) -> QuerySet[Event]:
    """Narrow events by a search; each condition has an index."""
    conditions = Q()
    if search.name.endswith("."):
        names = [name for name in registered_events() if name.startswith(search.name)]
        conditions &= Q(name__in=names)
    elif search.name:
        conditions &= Q(name=search.name)
    if search.actor:
        conditions &= Q(actor__in=_people(search.actor))
    if search.object_type:
        conditions &= Q(object_type=search.object_type)
    elif search.object_id:  # the index begins with the type
        conditions &= Q(object_type__in=object_types())
    if search.object_id:
        conditions &= Q(object_id=search.object_id)
    if search.since:
        conditions &= Q(at__gte=search.since)
    if search.until:
        conditions &= Q(at__lte=search.until)
    if search.request_id:
        conditions &= Q(request_id=search.request_id)
    if search.address:
        conditions &= Q(address=search.address)
    return events.filter(conditions)


def _people(text: str) -> list[int]:
    """The people whose name, e-mail address or number this is, or is part of."""
    exact = Q(username__iexact=text) | Q(email__iexact=text)
    if text.isascii() and text.isdigit() and len(text) < 19:
        exact |= Q(pk=int(text))
    found = list(User.objects.filter(exact).values_list("pk", flat=True))
    if found:
        return found
    part = Q(username__icontains=text) | Q(first_name__icontains=text)
    part |= Q(last_name__icontains=text) | Q(email__icontains=text)
    return list(User.objects.filter(part).values_list("pk", flat=True)[:_PEOPLE])


def object_types() -> list[str]:
    """Return every kind of object that an event may be about."""
    return sorted(model._meta.label_lower for model in apps.get_models())


def page_of_events(
    events: QuerySet[Event], *, before: int = 0, after: int = 0, size: int = PAGE
) -> EventPage:
    """Return one page by key: the events before an id, or those just after one."""
    if after:
        found = list(events.filter(id__gt=after).order_by("id")[: size + 1])
        more, shown = len(found) > size, found[:size][::-1]
        older = shown[-1].pk if shown else after + 1
        return EventPage(shown, older=older, newer=shown[0].pk if more else 0)
    narrowed = events.filter(id__lt=before) if before else events
    return _first(list(narrowed.order_by("-id")[: size + 1]), size=size, before=before)


def _first(found: list[Event], *, size: int, before: int) -> EventPage:
    shown = found[:size]
    newer = (shown[0].pk if shown else before - 1) if before else 0
    return EventPage(shown, older=shown[-1].pk if len(found) > size else 0, newer=newer)


def history_page(subject: Model, *, before: int = 0, size: int = PAGE) -> EventPage:
    """Return one page of what happened to an object and its parts, the newest first.

    Each part is asked for by itself, so that each uses the index; then they are merged.
    """
    label = subject._meta.label_lower
    wanted = [Event.objects.filter(object_type=label, object_id=str(subject.pk))]
    for part in history_parts(label, subject):
        keys = part.order_by().annotate(_key=Cast("pk", CharField())).values("_key")
        wanted.append(
            Event.objects.filter(object_type=part.model._meta.label_lower, object_id__in=keys)
        )
    found: list[Event] = []
    for events in wanted:
        narrowed = events.filter(id__lt=before) if before else events
        found += narrowed.order_by("-id")[: size + 1]
    found.sort(key=lambda event: -event.pk)
    return _first(found, size=size, before=0)


def seal_state() -> SealState:
    """Return how far the log is sealed."""
    first = Event.objects.order_by("id").values("at")[:1]
    last = Seal.objects.order_by("-position").annotate(begun_at=Subquery(first)).first()
    progress = SealProgress.objects.filter(pk=1).first()
    sealed = Event.objects.filter(pk=last.event_id).first() if last else None
    headed_at = progress.headed_at if progress else None
    waiting = Event.objects.filter(id__gt=last.event_id if last else 0).order_by("id").first()
    return SealState(
        last=last,
        last_at=sealed.at if sealed else None,
        head_key=progress.head_key if progress else "",
        headed_at=headed_at,
        begun_at=last.begun_at if last else None,
        waiting_since=waiting.at if waiting else None,
    )
