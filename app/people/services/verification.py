"""Asking to be verified, proving the address, and the review."""

from datetime import timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.states import transition
from app.notifications.services import notify
from app.people.addresses import is_free_mail
from app.people.mail import mail_on_commit
from app.people.models import Verification
from app.people.selectors import confirmed_addresses

State = Verification.State
LINK_LIFETIME = timedelta(days=3)
_SALT = "app.people.verification"
_PAGE = "people:verification"


@transaction.atomic
def request_verification(*, user: User, email: str) -> Verification:
    """Ask to be verified by an institutional address.

    An address that was confirmed as the account's own goes straight to review; to any other one a
    link is sent. An earlier request that waits for its link is withdrawn.
    """
    person = User.objects.select_for_update().get(pk=user.pk)
    _check_person(person)
    email = _checked_address(person, email)
    for earlier in Verification.objects.filter(user=person, state=State.AWAITING_CONFIRMATION):
        transition(earlier, State.WITHDRAWN, actor=user)
    found = Verification(user=person, email=email)
    found.full_clean(exclude=["user"], validate_constraints=False)
    found.save()
    record("people.verification.requested", obj=found, actor=user)
    if email.lower() in confirmed_addresses(person):
        return _to_review(found)
    mail_on_commit(
        "confirm_address",
        to=email,
        subject="Confirm your institutional address",
        person=person,
        path=reverse("people:confirm_verification", args=[confirmation_token(found)]),
        days=LINK_LIFETIME.days,
    )
    return found


def confirmation_token(verification: Verification) -> str:
    """Return the signed word that proves that its reader gets the address's mail."""
    return signing.dumps([str(verification.pk), verification.email], salt=_SALT)


def verification_of_token(user: User, token: str) -> Verification:
    """Return the user's verification that the word of a link names, else raise `NotFound`."""
    try:
        pk, email = signing.loads(token, salt=_SALT, max_age=LINK_LIFETIME)
    except (signing.BadSignature, ValueError):
        raise _stale() from None
    found = Verification.objects.filter(pk=pk, email=email, user=user).first()
    if found is None or found.state in (State.WITHDRAWN, State.EXPIRED):
        raise _stale()
    return found


def confirm_verification(*, user: User, token: str) -> Verification:
    """Take the address as proven and put the request before the reviewers; twice is fine."""
    found = verification_of_token(user, token)
    if found.state != State.AWAITING_CONFIRMATION:
        return found
    with transaction.atomic():
        _check_free(user, found.email)
        return _to_review(found)


@transaction.atomic
def accept_verification(*, actor: User, verification: Verification) -> Verification:
    """Verify the person."""
    now = timezone.now()
    transition(verification, State.ACCEPTED, actor=actor, reviewed_by=actor, reviewed_at=now)
    user = verification.user
    user.verified_at = now
    user.save(update_fields=["verified_at"])  # open requests for access hear of it
    text = "You are verified. Others see a mark beside your name."
    _tell(verification, "people.verification.accepted", text)
    return verification


@transaction.atomic
def reject_verification(*, actor: User, verification: Verification, reason: str) -> Verification:
    """Do not verify the person, and tell them why."""
    reason = _checked_reason(reason)
    transition(
        verification,
        State.REJECTED,
        actor=actor,
        reason=reason,
        reviewed_by=actor,
        reviewed_at=timezone.now(),
    )
    text = f"You could not be verified: {_short(reason)} Change what is missing and ask again."
    _tell(verification, "people.verification.rejected", text)
    return verification


@transaction.atomic
def revoke_verification(*, actor: User, verification: Verification, reason: str) -> Verification:
    """Undo an acceptance, and tell the person why."""
    reason = _checked_reason(reason)
    transition(
        verification,
        State.REVOKED,
        actor=actor,
        reason=reason,
        reviewed_by=actor,
        reviewed_at=timezone.now(),
    )
    User.objects.filter(pk=verification.user_id).update(verified_at=None)
    text = f"You are no longer verified: {_short(reason)} You may ask again."
    _tell(verification, "people.verification.revoked", text)
    return verification


def withdraw_verification(*, actor: User, verification: Verification) -> Verification:
    """Take a request back before it is decided."""
    return transition(verification, State.WITHDRAWN, actor=actor)


def expire_confirmations() -> int:
    """End the requests whose link nobody opened in time; return how many."""
    limit = timezone.now() - LINK_LIFETIME
    due = Verification.objects.filter(state=State.AWAITING_CONFIRMATION, created__lt=limit)
    count = 0
    for found in due.iterator():
        with transaction.atomic():
            row = due.select_for_update(skip_locked=True).filter(pk=found.pk).first()
            if row is not None:
                transition(row, State.EXPIRED)
                count += 1
    return count


def _to_review(verification: Verification) -> Verification:
    """Put a request with a proven address before the reviewers, inside of a transaction."""
    try:
        with transaction.atomic():
            transition(verification, State.PENDING_REVIEW, actor=verification.user)
    except IntegrityError:
        raise _taken() from None
    for reviewer in User.objects.filter(is_superuser=True, is_active=True):
        notify(
            user=reviewer,
            kind="people.verification.waiting",
            text=f"{verification.user.display_name} asks to be verified.",
            url=reverse("people:review", args=[verification.pk]),
        )
    return verification


def _check_person(user: User) -> None:
    if user.is_verified:
        raise Conflict("You are verified already.", advice="There is nothing more to do.")
    if not user.has_complete_profile:
        raise ValidationFailed(
            "Fill in your name, institution, department and country first.",
            advice="Reviewers compare them with your address.",
        )
    if Verification.objects.filter(user=user, state__in=Verification.PROVEN).exists():
        raise Conflict(
            "Your request is being reviewed.", advice="You will find the answer in your inbox."
        )


def _checked_address(user: User, email: str) -> str:
    email = email.strip()
    if is_free_mail(email):
        raise _refused(
            "Anybody can get an address there, so it does not show where you work. "
            "Give the address that your institution gave you."
        )
    _check_free(user, email)
    return email


def _check_free(user: User, email: str) -> None:
    proven = Verification.objects.filter(email__iexact=email, state__in=Verification.PROVEN)
    accounts = User.objects.filter(email__iexact=email)
    if proven.exclude(user=user).exists() or accounts.exclude(pk=user.pk).exists():
        raise _taken()


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise ValidationFailed(
            fields={"reason": ["Say in at most 500 characters what the person should know."]}
        )
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _short(reason: str) -> str:
    return reason if len(reason) <= 160 else f"{reason[:158].rstrip()}…"


def _tell(verification: Verification, kind: str, text: str) -> None:
    notify(user=verification.user, kind=kind, text=text, url=reverse(_PAGE))


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed(fields={"email": [message]})


def _taken() -> ValidationFailed:
    return _refused("This address belongs to somebody else here. Use one of your own.")


def _stale() -> NotFound:
    return NotFound(
        "This link is not valid any more, or belongs to another account.",
        advice="Sign in with the account that asked, or ask for a new link there.",
    )
