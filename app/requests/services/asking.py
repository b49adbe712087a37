"""Asking for access, and taking the wish back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.core.states import transition
from app.notifications.services import notify
from app.requests.models import AccessMode, AccessRequest
from app.requests.questions import AnswersInvalid, checked_answers
from app.requests.registry import Kind, kind_of, kinds
from app.requests.rules import gets_in_at_once
from app.requests.services.deciding import let_in
from app.requests.services.locking import lock_open_request, lock_target

MOST_REJECTIONS = 3
PAUSE = timedelta(days=1)
MOST_A_DAY = 3  # requests for one object: withdrawing and asking again also reaches the editors
MOST_WAITING = 100  # open requests of one person

State = AccessRequest.State


@dataclass(frozen=True)
class Outcome:
    """The request that was made, and whether it was accepted on the spot."""

    request: AccessRequest

    @property
    def accepted(self) -> bool:
        """Tell whether whoever asked is in."""
        return self.request.state == State.ACCEPTED


@transaction.atomic
def ask_for_access(
    *,
    user: User,
    target: Any,
    role: str = "",
    message: str = "",
    answers: Mapping[str, Any] | None = None,
) -> Outcome:
    """Ask for a role on an object: the kind's first one unless named.

    ``answers`` are by the keys of the questions that the object's owners ask.
    Accepted on the spot where the object's access mode says so; otherwise the editors are told.
    Whether ``user`` may know of the object is the caller's question.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    target = lock_target(target)
    kind = kind_of(target)
    role = role or kind.roles[0]
    _check(kind, user=user, target=target, role=role)
    request = kind.requests(user=user, role=role, message=message.strip())
    request.target = target
    _answer(kind, request, answers or {})
    request.full_clean()
    request.save()
    record("access_requests.request.made", obj=request, actor=user, data={"role": role})
    if gets_in_at_once(kind, request):
        let_in(kind, request, actor=None)
    else:
        _tell_editors(kind, request)
    return Outcome(request)


@transaction.atomic
def withdraw_request(*, actor: User, request: AccessRequest) -> AccessRequest:
    """Take a request back; raises `AlreadyDecided` when that comes too late."""
    request = lock_open_request(request)
    return transition(request, State.WITHDRAWN, actor=actor, decided_at=timezone.now())


def _answer(kind: Kind, request: AccessRequest, answers: Mapping[str, Any]) -> None:
    """Keep the answers with the request; a kind without questions takes none."""
    questions = kind.asked_for(request.target)
    try:
        found = checked_answers(questions, answers)
    except AnswersInvalid as error:
        raise ValidationFailed(str(error), fields=dict(error.problems)) from None
    if questions:
        request.answers = found


def _check(kind: Kind, *, user: User, target: Any, role: str) -> None:
    if role not in kind.roles:
        names = ", ".join(name for _, name in kind.choices)
        raise ValidationFailed(fields={"role": [f"Choose one of: {names}."]})
    if target.access_mode == AccessMode.CLOSED:
        raise Conflict(
            f"Nobody can ask for access to this {kind.noun}.",
            advice="Its owners give access themselves; write to one of them.",
        )
    _check_roles(kind, user=user, target=target, role=role)
    asked = kind.rows.filter(user=user, target=target)
    if asked.filter(state=State.PENDING).exists():
        raise Conflict(
            "You have already asked; nobody has decided yet.",
            advice="You find your request on the page “Requests”.",
        )
    _check_limits(kind, user=user, asked=asked)


def _check_roles(kind: Kind, *, user: User, target: Any, role: str) -> None:
    policy = kind.policy
    wanted = policy.grants[role]
    held = policy.role_of(user, target)
    if held and wanted <= policy.grants[held]:
        raise Conflict("You already have access.", advice=f"Open the {kind.noun} and go on.")
    if held and not policy.grants[held] <= wanted:
        raise Conflict(
            f"You already have a role here: {kind.role_name(held).lower()}.",
            advice="Ask one of the owners to change it.",
        )
    if getattr(target, "public", False) and wanted <= policy.public_actions:
        raise Conflict(
            f"This {kind.noun} is open to everybody who is signed in.",
            advice="You need not ask.",
        )


def _check_limits(kind: Kind, *, user: User, asked: Any) -> None:
    rejected = asked.filter(state=State.REJECTED).order_by("-decided_at")
    if rejected.count() >= MOST_REJECTIONS:
        raise LimitReached(
            f"Your requests were rejected {MOST_REJECTIONS} times.",
            advice="Write to one of the owners if things have changed.",
        )
    last = rejected.first()
    if last is not None and last.decided_at > timezone.now() - PAUSE:
        raise LimitReached(
            "Your last request was rejected less than a day ago.",
            advice="Read the reason, and ask again tomorrow.",
            next_at=(last.decided_at + PAUSE).isoformat(),
        )
    if asked.filter(created__gt=timezone.now() - PAUSE).count() >= MOST_A_DAY:
        raise LimitReached(
            f"You have asked {MOST_A_DAY} times within a day.", advice="Ask again tomorrow."
        )
    if open_requests_of(user) >= MOST_WAITING:
        raise LimitReached(
            f"{MOST_WAITING} of your requests are waiting.",
            advice="Wait for decisions, or withdraw some of them.",
        )


def open_requests_of(user: User) -> int:
    """Return how many of a person's requests nobody has decided yet."""
    return sum(int(kind.rows.filter(user=user, state=State.PENDING).count()) for kind in kinds())


def _tell_editors(kind: Kind, request: AccessRequest) -> None:
    name, title = request.user.display_name[:80], request.target.title[:120]
    for manager in kind.policy.holders(request.target.pk, "manage"):
        notify(
            user=manager,
            kind="access.requested",
            text=f"{name} asks for access to “{title}” ({request.role_name.lower()}).",
            url=reverse("requests:detail", args=[kind.key, request.pk]),
        )
