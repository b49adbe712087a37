"""Reading notifications, preferences and outgoing mail."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.notifications.kinds import Kind, all_kinds
from app.notifications.models import KindChoice, Notification, OutgoingMail
from app.notifications.policies import OUTGOING_MAIL


@dataclass(frozen=True)
class Subscription:
    """Whether a person wants one kind of news by e-mail."""

    kind: Kind
    mail: bool

    @property
    def pk(self) -> int:
        """Its number in the API."""
        return self.kind.number

    @property
    def flag(self) -> str:
        """Where the news goes, in a word."""
        return "mail" if self.mail else "inbox"


def notifications_for(user: Any) -> QuerySet[Notification]:
    """Return the user's own notifications, newest first."""
    if not user.is_authenticated:
        return Notification.objects.none()
    return Notification.objects.filter(user=user)


def unread_for(user: Any) -> QuerySet[Notification]:
    """Return the user's own notifications that were not read."""
    return notifications_for(user).filter(read_at=None)


def unread_count_of_person() -> Combinable:
    """Return how many notifications a row of people did not read yet, to be read with it."""
    unread = Notification.objects.filter(user=OuterRef("pk"), read_at=None).order_by()
    return Coalesce(Subquery(unread.values("user").annotate(n=Count("pk")).values("n")), 0)


def get_notification_for(user: Any, pk: UUID) -> Notification:
    """Return the user's own notification, else raise `NotFound`."""
    found = notifications_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def wants_mail(user: User, kind: Kind) -> bool:
    """Tell whether the user wants this kind of news by e-mail, whenever that comes."""
    if kind.urgent:
        return True
    return not KindChoice.objects.filter(user=user, kind=kind.key, mail=False).exists()


def subscriptions_of(user: User) -> list[Subscription]:
    """Return the user's choice for every kind of news, by title."""
    chosen = dict(KindChoice.objects.filter(user=user).values_list("kind", "mail"))
    return [Subscription(kind, kind.urgent or chosen.get(kind.key, True)) for kind in all_kinds()]


def get_subscription_for(user: User, number: int) -> Subscription:
    """Return the user's choice for the kind with this number, else raise `NotFound`."""
    for found in subscriptions_of(user):
        if found.pk == number:
            return found
    raise NotFound


def outgoing_mail_for(user: Any) -> QuerySet[OutgoingMail]:
    """Return the mail that the user may look at, newest first, without its content."""
    return OUTGOING_MAIL.visible_to(user).defer("content")


def get_outgoing_mail_for(user: Any, pk: UUID, *, action: str = "view") -> OutgoingMail:
    """Return a message if the user may do ``action`` with it, else raise `NotFound`."""
    return fetch(OUTGOING_MAIL, user=user, pk=pk, action=action)
