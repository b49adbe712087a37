"""Reading requests and cards."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.core.pages import ListPage
from app.requests.errors import RequestGone
from app.requests.models import AccessMode, AccessRequest
from app.requests.policies import RequestPolicy, shown_to
from app.requests.registry import Kind, kind_named, kind_of, kinds

State = AccessRequest.State


@dataclass(frozen=True)
class Entry:
    """A request together with the kind of object that it is about."""

    kind: Kind
    request: AccessRequest


@dataclass(frozen=True)
class Card:
    """What a stranger sees of an object, and how the viewer stands to it."""

    kind: Kind
    target: Any
    owners: Sequence[User]
    has_access: bool
    held: str
    last: AccessRequest | None
    choices: Sequence[tuple[str, str]]

    @property
    def page(self) -> str:
        """The address of the object's own page."""
        return self.kind.page_of(self.target)

    @property
    def can_ask(self) -> bool:
        """Tell whether there is something to ask for, and nothing under way."""
        return bool(self.choices) and not (self.last is not None and self.last.is_open)


def get_request_for(user: Any, key: str, pk: UUID | str, *, action: str = "view") -> AccessRequest:
    """Return the request if ``user`` may do ``action`` with it, else raise `RequestGone`."""
    try:
        kind = kind_named(key)
        rows = kind.rows.select_related("user", "target", "decided_by")
        policy = RequestPolicy(kind)
        found: AccessRequest = fetch(policy, user=user, pk=pk, action=action, queryset=rows)
    except NotFound:
        raise RequestGone from None
    return found


def find_entry_for(user: Any, pk: UUID, *, action: str = "view") -> Entry:
    """Return a request of whatever kind by its identifier alone."""
    for kind in kinds():
        if kind.rows.filter(pk=pk).exists():
            return Entry(kind, get_request_for(user, kind.key, pk, action=action))
    raise RequestGone


def requests_made_by(user: Any) -> QuerySet[Any, Any]:
    """Return the keys (kind, id, created) of the requests that ``user`` made, of all kinds."""
    return _united([(kind, kind.rows.filter(user=user)) for kind in kinds()])


def requests_to_decide_by(user: Any) -> QuerySet[Any, Any]:
    """Return the keys of the open requests that ``user`` may decide, of all kinds."""
    return _united(
        (kind, RequestPolicy(kind).decidable_by(user).filter(state=State.PENDING))
        for kind in kinds()
    )


def requests_for(
    user: Any, *, box: str = "", key: str = "", state: str = "", target: UUID | None = None
) -> QuerySet[Any, Any]:
    """Return the keys of the requests that ``user`` made or may decide, narrowed.

    ``box`` may be ``mine`` or ``to-decide`` (the open ones).
    """
    wanted = Q()
    if state:
        wanted &= Q(state=state)
    if target is not None:
        wanted &= Q(target=target)
    if box == "mine":
        wanted &= Q(user=user)
    if box == "to-decide":
        wanted &= Q(state=State.PENDING)
    return _united(
        (kind, _boxed(kind, user, box).filter(_of(kind, key), wanted)) for kind in kinds()
    )


def _boxed(kind: Kind, user: Any, box: str) -> QuerySet[AccessRequest]:
    policy = RequestPolicy(kind)
    return policy.decidable_by(user) if box == "to-decide" else policy.visible_to(user)


def _of(kind: Kind, key: str) -> Q:
    return Q() if key in ("", kind.key) else Q(pk__in=[])


def waiting_for(target: Any) -> QuerySet[Any]:
    """Return the open requests for one object, the oldest first."""
    rows: QuerySet[Any] = kind_of(target).rows.filter(target=target, state=State.PENDING)
    return rows.select_related("user", "target").order_by("created")


def entries_of(rows: Iterable[Any]) -> list[Entry]:
    """Return the requests that keys stand for, in their order; one query for each kind."""
    keys = list(rows)
    wanted = defaultdict(list)
    for row in keys:
        wanted[row["kind"]].append(row["id"])
    found: dict[Any, Entry] = {}
    for key, ids in wanted.items():
        kind = kind_named(key)
        for request in kind.rows.filter(pk__in=ids).select_related("user", "target", "decided_by"):
            found[request.pk] = Entry(kind, request)
    return [found[row["id"]] for row in keys if row["id"] in found]


def entries_on(page: ListPage) -> ListPage:
    """Return the page with requests in place of their keys."""
    return replace(page, items=entries_of(page.items))


def get_card_for(user: Any, key: str, pk: UUID | str) -> Card:
    """Return an object's card if it is listed or ``user`` sees it anyway, else `NotFound`."""
    kind = kind_named(key)
    target = shown_to(kind, user).filter(pk=pk).first()
    if target is None:
        raise NotFound
    return card_of(kind, target, user=user)


def card_of(kind: Kind, target: Any, *, user: Any) -> Card:
    """Return an object's card as ``user`` sees it."""
    owners = kind.policy.memberships.filter(
        target=target, role=kind.policy.owner_role, user__is_active=True
    )
    held = kind.policy.role_of(user, target)
    return Card(
        kind=kind,
        target=target,
        owners=[row.user for row in owners.select_related("user")],
        has_access=kind.policy.visible_to(user).filter(pk=target.pk).exists(),
        held=kind.role_name(held) if held else "",
        last=kind.rows.filter(user=user, target=target).order_by("-created").first(),
        choices=askable_roles(kind, target, held=held),
    )


def askable_roles(kind: Kind, target: Any, *, held: str) -> list[tuple[str, str]]:
    """Return the roles that would give a holder of ``held`` more than they have."""
    if target.access_mode == AccessMode.CLOSED:
        return []
    has = kind.policy.grants.get(held, frozenset())
    open_to_all = kind.policy.public_actions if getattr(target, "public", False) else frozenset()
    return [
        (role, name)
        for role, name in kind.choices
        if has <= kind.policy.grants[role] and not kind.policy.grants[role] <= has | open_to_all
    ]


def listed_for(user: Any, *, search: str = "") -> QuerySet[Any, Any]:
    """Return the keys of listed objects that ``user`` does not see yet, of all kinds."""
    text = search.replace("\x00", "").strip()[:200]
    wanted = Q(title__icontains=text) | Q(description__icontains=text) if text else Q()
    parts = []
    for kind in kinds():
        seen = kind.policy.visible_to(user).order_by().values("pk")
        rows = kind.policy.model._default_manager.filter(wanted, listed=True).exclude(pk__in=seen)
        parts.append((kind, rows.annotate(name=Cast("title", CharField()))))
    return _united(parts, "name")


def listed_on(page: ListPage) -> ListPage:
    """Return the page with objects (kind, target) in place of their keys."""
    wanted = defaultdict(list)
    for row in page.items:
        wanted[row["kind"]].append(row["id"])
    found: dict[Any, tuple[Kind, Any]] = {}
    for key, ids in wanted.items():
        kind = kind_named(key)
        for target in kind.policy.model._default_manager.filter(pk__in=ids):
            found[target.pk] = (kind, target)
    return replace(page, items=[found[row["id"]] for row in page.items if row["id"] in found])


def _united(parts: Iterable[tuple[Kind, QuerySet[Any]]], *more: str) -> QuerySet[Any, Any]:
    """Unite rows of several tables as ``{id, created, kind}`` (and ``more``), to sort and page."""
    chosen = [
        rows.order_by()
        .annotate(kind=Value(kind.key, CharField()))
        .values("id", "created", "kind", *more)
        for kind, rows in parts
    ]
    united: QuerySet[Any, Any] = chosen[0].union(*chosen[1:], all=True)
    return united
