"""How people want to hear of news."""

from collections.abc import Mapping

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import ValidationFailed
from app.notifications.kinds import Kind, all_kinds
from app.notifications.models import KindChoice


@transaction.atomic
def set_mail_preference(*, user: User, preference: str) -> None:
    """Say when the user hears of news by e-mail: at once, once a day or never."""
    if preference not in User.MailPreference.values:
        raise ValidationFailed(fields={"mail_preference": ["Choose one of the three."]})
    before = user.mail_preference
    if before == preference:
        return
    user.mail_preference = preference
    user.save(update_fields=["mail_preference"])
    data = {"before": before, "after": preference}
    record("notifications.preference.changed", obj=user, actor=user, data=data)


@transaction.atomic
def choose_mail(*, user: User, kind: Kind, mail: bool) -> None:
    """Say whether the user wants a kind of news by e-mail; urgent news cannot be turned off."""
    if kind.urgent:
        if not mail:
            raise ValidationFailed(f"{kind.title} is always mailed: it keeps the account safe.")
        return
    KindChoice.objects.update_or_create(user=user, kind=kind.key, defaults={"mail": mail})


@transaction.atomic
def choose_all(*, user: User, preference: str, mail: Mapping[str, bool]) -> None:
    """Take over a whole page of choices; a kind that is not named stays as it is."""
    set_mail_preference(user=user, preference=preference)
    for kind in all_kinds():
        if kind.key in mail and not kind.urgent:
            choose_mail(user=user, kind=kind, mail=mail[kind.key])


@transaction.atomic
def unsubscribe(*, user: User, kind: Kind | None) -> None:
    """Turn off one kind of mail, or all mail but the urgent; done twice it stays done."""
    if kind is None:
        set_mail_preference(user=user, preference=User.MailPreference.OFF)
    elif not kind.urgent:
        choose_mail(user=user, kind=kind, mail=False)
