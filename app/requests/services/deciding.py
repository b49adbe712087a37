"""Accepting and rejecting."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_missing_role
from app.audit.services import record
from app.core.errors import PortalError
from app.core.states import transition
from app.notifications.services import notify
from app.requests.models import AccessRequest
from app.requests.registry import Kind, kind_of_request, kinds
from app.requests.rules import due_requests
from app.requests.services.locking import lock_open_request

State = AccessRequest.State


@transaction.atomic
def accept_request(*, actor: User, request: AccessRequest, reason: str = "") -> bool:
    """Give the role that was asked for; tell whether it was missing.

    A role that allows as much is kept. Raises `AlreadyDecided` or `RequestGone` when somebody was
    faster, and `Conflict` when the person got a role of another sort meanwhile.
    """
    request = lock_open_request(request)
    kind = kind_of_request(request)
    given = let_in(kind, request, actor=actor, reason=reason)
    _tell_asker(kind, request, "was accepted")
    return given


@transaction.atomic
def reject_request(*, actor: User, request: AccessRequest, reason: str = "") -> None:
    """Reject a request; whoever asked reads the reason."""
    request = lock_open_request(request)
    transition(
        request,
        State.REJECTED,
        actor=actor,
        reason=reason.strip(),
        decided_by=actor,
        decided_at=timezone.now(),
    )
    _tell_asker(kind_of_request(request), request, "was rejected")


def accept_requests(
    *, actor: User, requests: Iterable[AccessRequest]
) -> tuple[int, list[PortalError]]:
    """Accept several, each on its own: return how many worked, and what hindered the others."""
    accepted, hindrances = 0, []
    for request in requests:
        try:
            accept_request(actor=actor, request=request)
        except PortalError as error:
            hindrances.append(error)
        else:
            accepted += 1
    return accepted, hindrances


def accept_requests_of_verified(user: User) -> int:
    """Let a person who was just verified in wherever verified people need no editor."""
    return accept_due_requests(user=user)


def accept_due_requests(*, user: User | None = None) -> int:
    """Accept what needs no editor (any more); may run at any time, as often as one likes."""
    accepted = 0
    for kind in kinds():
        due = due_requests(kind)
        if user is not None:
            due = due.filter(user=user)
        for request in due.select_related("target")[:500]:
            accepted += _accept_if_due(kind, request)
    return accepted


@transaction.atomic
def _accept_if_due(kind: Kind, request: AccessRequest) -> bool:
    try:
        request = lock_open_request(request)
        if not due_requests(kind).filter(pk=request.pk).exists():
            return False
        with transaction.atomic():
            let_in(kind, request, actor=None)
    except PortalError:  # decided, withdrawn, deleted, or for an editor to look at
        return False
    _tell_asker(kind, request, "was accepted")
    return True


def let_in(kind: Kind, request: AccessRequest, *, actor: User | None, reason: str = "") -> bool:
    """Give the role and close the request, which is locked; tell whether the role was missing."""
    given = grant_missing_role(
        kind.policy, actor=actor, obj=request.target, user=request.user, role=request.role
    )
    transition(
        request,
        State.ACCEPTED,
        actor=actor,
        reason=reason.strip(),
        decided_by=actor,
        decided_at=timezone.now(),
    )
    if actor is None:
        record("access_requests.request.let_in", obj=request, data={"role": request.role})
    return given


def _tell_asker(kind: Kind, request: AccessRequest, what: str) -> None:
    text = f"Your request for the {kind.noun} “{request.target.title[:120]}” {what}."
    notify(
        user=request.user,
        kind="access.decided",
        text=f"{text} {request.reason}".strip(),
        url=reverse("requests:detail", args=[kind.key, request.pk]),
    )
