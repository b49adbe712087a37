"""Deleting an account: a wish, time to think it over, and then forgetting the person."""

import logging
from datetime import timedelta
from uuid import UUID

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Token, User
from app.accounts.personal_data import personal_data
from app.accounts.registry import managed_people
from app.audit.services import record
from app.core.errors import Conflict
from app.core.pictures import delete_picture
from app.core.states import transition
from app.core.storage import get_store
from app.notifications.services import notify
from app.people.mail import mail_on_commit
from app.people.models import Deletion, PersonalExport
from app.people.selectors import sole_charges

logger = logging.getLogger(__name__)
State = Deletion.State
GRACE = timedelta(days=14)
HOLD_UP = timedelta(days=7)
_PAGE = "people:data"
_CREDENTIALS = (
    ("account", "EmailAddress"),
    ("mfa", "Authenticator"),
    ("socialaccount", "SocialAccount"),
    ("usersessions", "UserSession"),
)
"""Tables of the sign-in library, where it is installed, whose rows belong to one ``user``."""


def request_deletion(*, user: User) -> Deletion:
    """Delete the account in two weeks, unless the person changes their mind."""
    _check_nothing_is_orphaned(user)
    due = timezone.now() + GRACE
    try:
        with transaction.atomic():
            deletion = Deletion.objects.create(user=user, due_at=due)
            record("people.deletion.requested", obj=deletion, actor=user)
            text = f"Your account will be deleted on {due:%-d %B}. Until then you can keep it."
            notify(user=user, kind="people.deletion.requested", text=text, url=reverse(_PAGE))
            mail_on_commit(
                "deletion_requested",
                to=user.email,
                subject="Your account will be deleted",
                person=user,
                due=due,
                path=reverse(_PAGE),
            )
    except IntegrityError:
        raise Conflict(
            "Your account is to be deleted already.", advice="You can still keep it until then."
        ) from None
    return deletion


def cancel_deletion(*, user: User, deletion: Deletion) -> Deletion:
    """Keep the account."""
    return transition(deletion, State.CANCELLED, actor=user)


def delete_due_accounts() -> int:
    """Carry out every deletion that is due; return how many accounts are gone."""
    done = 0
    for pk in _due().values_list("pk", flat=True):
        try:
            done += _carry_out(pk)
        except Exception:
            logger.exception("Deletion %s failed; it is tried again.", pk)
    return done


@transaction.atomic
def _carry_out(pk: UUID) -> bool:
    deletion = _due().filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    if deletion is None:
        return False
    user = User.objects.select_for_update().get(pk=deletion.user_id)
    try:
        _check_nothing_is_orphaned(user)
    except Conflict as error:
        _hold_up(deletion, user, error)
        return False
    address, name = user.email, user.display_name
    _forget(user)
    transition(deletion, State.DONE)
    mail_on_commit("deletion_done", to=address, subject="Your account is deleted", name=name)
    return True


def _due() -> QuerySet[Deletion]:
    return Deletion.objects.filter(state=State.REQUESTED, due_at__lte=timezone.now())


def _check_nothing_is_orphaned(user: User) -> None:
    alone = sole_charges(user)
    if alone:
        raise Conflict(
            "You alone are in charge of something here.",
            advice="Put somebody else in charge of it, or delete it, and come back.",
            sole_charges=[charge.title for charge in alone],
        )
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise Conflict(
            "You are the only administrator.", advice="Make somebody else administrator first."
        )


def _hold_up(deletion: Deletion, user: User, error: Conflict) -> None:
    """Ask again in a week: an object without anybody in charge would help nobody."""
    deletion.due_at, deletion.held_up = timezone.now() + HOLD_UP, True
    deletion.save(update_fields=["due_at", "held_up", "modified"])
    record("people.deletion.held_up", obj=deletion)
    text = f"Your account could not be deleted yet. {error.message} {error.advice}"
    notify(user=user, kind="people.deletion.held_up", text=text, url=reverse(_PAGE))


def _forget(user: User) -> None:
    """Turn the row into a pseudonym and remove all that belongs to the person alone."""
    for people in managed_people().values():
        people.policy.memberships.filter(user=user).delete()
    for kind in personal_data():
        if kind.eraser is not None:
            kind.eraser(user)
    Token.objects.filter(user=user).delete()
    for app, model in _CREDENTIALS:
        if apps.is_installed(f"allauth.{app}"):
            apps.get_model(app, model)._default_manager.filter(user=user).delete()
    _end_sessions(user)
    picture, exports = user.picture, list(PersonalExport.objects.filter(user=user))
    PersonalExport.objects.filter(user=user).delete()
    _make_pseudonym(user)
    record("accounts.user.deleted", obj=user)

    def remove_files() -> None:
        delete_picture(picture)
        for export in exports:
            get_store().delete(export.key)

    transaction.on_commit(remove_files)


def _make_pseudonym(user: User) -> None:
    name = f"deleted-{user.pk}"
    user.username, user.email = name, f"{name}@deleted.invalid"
    user.first_name = user.last_name = user.institution = user.department = ""
    user.country = user.website = ""
    user.picture = user.verified_at = user.last_login = None
    user.mail_preference = User.MailPreference.OFF
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()


def _end_sessions(user: User) -> None:
    """Remove the person's sessions; none of them would be let in any more in any case."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
