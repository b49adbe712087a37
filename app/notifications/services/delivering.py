"""The way of a message out: claimed, handed over, tried again with growing pauses.

A message is handed over once for each claim, and a claim is exclusive. Only when a worker dies
after a server took the message and before that is written down is it handed over again (at least
once); it then has the same Message-ID.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.core.errors import Conflict
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.notifications.models import OutgoingMail
from app.notifications.services.queueing import GIVE_UP_AFTER, TASK
from app.notifications.transport import (
    MailDelayed,
    MailRefused,
    Refusal,
    Transport,
    hand_over,
    parse_email_url,
)

logger = logging.getLogger(__name__)
State = OutgoingMail.State
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=10)  # longer than the task may take
OVERDUE = timedelta(seconds=30)
AT_ONCE = 500
MINUTE = timedelta(minutes=1)
KEEP = timedelta(days=30)
RATE_LOCK = 0x4D41494C  # "MAIL": one claim at a time looks at how many there were


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts: twice as long each time, up to 6 hours."""
    doublings: int = max(0, min(attempts - 1, 20))
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def deliver_mail(pk: UUID | str, *, now: datetime | None = None) -> None:
    """Hand over a message that is due; whatever else the broker delivers is a no-op."""
    moment = now or timezone.now()
    transport = parse_email_url(settings.EMAIL_URL)
    mail = _claim(pk, transport=transport, now=moment)
    if mail is None or transport is None:
        return
    try:
        refused = hand_over(
            transport,
            name=str(mail.pk),
            sender=mail.sender,
            recipients=mail.remaining,
            content=bytes(mail.content),
        )
    except MailRefused as error:
        _fail(mail, str(error))
    except MailDelayed as error:
        _later(mail, str(error), now=moment)
    except Exception:
        logger.exception("Message %s could not be handed over; it is tried again.", mail.pk)
        _later(mail, "The portal met an unforeseen error; its log says more.", now=moment)
    else:
        _handed_over(mail, refused, now=moment)


def send_due_mail(*, now: datetime | None = None) -> None:
    """Queue again what is due and the broker may have forgotten; take back what a worker lost."""
    moment = now or timezone.now()
    lost = OutgoingMail.objects.filter(state=State.SENDING, lease_expires_at__lt=moment)
    for mail in lost.defer("content")[:AT_ONCE]:
        with transaction.atomic():
            held = OutgoingMail.objects.select_for_update().filter(
                pk=mail.pk, state=State.SENDING, lease_expires_at__lt=moment
            )
            if held.exists():
                _later(mail, "The worker that sent it was lost.", now=moment)
    due = Q(state=State.QUEUED, due_at__lte=moment, modified__lt=moment - OVERDUE)
    waiting = OutgoingMail.objects.filter(due).order_by("due_at", "created")
    for pk in waiting.values_list("pk", flat=True)[: settings.EMAIL_RATE or AT_ONCE]:
        enqueue_on_commit(TASK, pk)


@transaction.atomic
def retry_mail(*, actor: User, mail: OutgoingMail) -> None:
    """Send a message that failed, or that was kept here, from the beginning of its patience."""
    if parse_email_url(settings.EMAIL_URL) is None:
        raise Conflict(
            "This portal sends no mail: no mail server is set.",
            advice="Set EMAIL_URL and restart the portal; see the page on configuration.",
        )
    now = timezone.now()
    transition(
        mail, State.QUEUED, actor=actor, attempts=0, due_at=now, give_up_at=now + GIVE_UP_AFTER
    )
    enqueue_on_commit(TASK, mail.pk)


def sweep_mail(*, now: datetime | None = None) -> int:
    """Delete messages whose way ended a month ago; they hold personal data."""
    old = (now or timezone.now()) - KEEP
    waiting = (State.QUEUED, State.SENDING)
    return OutgoingMail.objects.filter(modified__lt=old).exclude(state__in=waiting).delete()[0]


@transaction.atomic
def _claim(pk: UUID | str, *, transport: Transport | None, now: datetime) -> OutgoingMail | None:
    """Take the message for this worker, unless it is not due or not to be sent at all."""
    _wait_for_my_turn()
    due = Q(pk=pk, state=State.QUEUED, due_at__lte=now)
    mail = OutgoingMail.objects.select_for_update(of=("self",)).filter(due).first()
    if mail is None:
        return None
    if transport is None:
        transition(mail, State.KEPT, reason="No mail server is set.")
        return None
    open_to = _open_recipients(mail)
    if not open_to:
        transition(mail, State.DROPPED, reason="The account is closed.", remaining=[])
        return None
    free_at = _free_at(now)
    if free_at > now:
        OutgoingMail.objects.filter(pk=mail.pk).update(due_at=free_at)
        return None
    return transition(
        mail,
        State.SENDING,
        attempts=mail.attempts + 1,
        attempted_at=now,
        lease_expires_at=now + LEASE,
        remaining=open_to,
    )


def _wait_for_my_turn() -> None:
    if settings.EMAIL_RATE:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RATE_LOCK])


def _free_at(now: datetime) -> datetime:
    """Return when the next message may go, so that no minute sees more than allowed."""
    rate = settings.EMAIL_RATE
    if not rate:
        return now
    recent = OutgoingMail.objects.filter(attempted_at__gt=now - MINUTE).order_by("-attempted_at")
    times = list(recent.values_list("attempted_at", flat=True)[:rate])
    last = times[-1] if len(times) == rate else None
    return last + MINUTE if last is not None else now


def _open_recipients(mail: OutgoingMail) -> list[str]:
    """Return to whom the message still goes: to nobody whose account was closed meanwhile."""
    if mail.user is not None and not mail.user.is_active:
        return []
    same = Q()
    for address in mail.remaining:
        same |= Q(email__iexact=address)
    closed = User.objects.filter(same, is_active=False).values_list("email", flat=True)
    shut = {address.lower() for address in closed}
    return [address for address in mail.remaining if address.lower() not in shut]


def _handed_over(mail: OutgoingMail, refused: Mapping[str, Refusal], *, now: datetime) -> None:
    """Write down who has it; go on with those whom the server wants to see later."""
    later = [address for address, why in refused.items() if not why.permanent]
    reasons = "; ".join(f"{address}: {why.reason}" for address, why in refused.items())
    if len(refused) == len(mail.remaining) and not later:
        _fail(mail, reasons)
    elif later:
        _later(mail, reasons, now=now, remaining=later)
    else:
        transition(
            mail,
            State.SENT,
            reason=reasons,
            sent_at=now,
            remaining=[],
            lease_expires_at=None,
        )


def _later(
    mail: OutgoingMail, reason: str, *, now: datetime, remaining: list[str] | None = None
) -> None:
    due_at = now + pause_after(mail.attempts)
    left = {"remaining": remaining} if remaining is not None else {}
    if due_at > mail.give_up_at:
        _fail(mail, f"{reason} (given up after {mail.attempts} attempts)", **left)
        return
    transition(mail, State.QUEUED, reason=reason, due_at=due_at, lease_expires_at=None, **left)


def _fail(mail: OutgoingMail, reason: str, **changes: list[str]) -> None:
    logger.warning("Message %s could not be delivered: %s", mail.pk, reason)
    transition(mail, State.FAILED, reason=reason, lease_expires_at=None, **changes)
