"""The daily summary of what somebody has not read yet."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.notifications.models import Digest, Notification
from app.notifications.rendering import absolute, render_mail
from app.notifications.selectors import subscriptions_of
from app.notifications.unsubscribing import unsubscribe_headers, unsubscribe_url

DAY = timedelta(days=1)
OLDEST = timedelta(days=7)
SHOWN = 50


def send_digests(*, now: datetime | None = None) -> int:
    """Mail a summary to everybody whose one of today is due; return how many were mailed.

    Called often: each person gets at most one between two passings of the set hour.
    """
    moment = now or timezone.now()
    due = last_hour(moment)
    waiting = Notification.objects.filter(user=OuterRef("pk"), read_at=None, mailed_at=None)
    people = (
        User.objects.filter(mail_preference=User.MailPreference.DAILY, is_active=True)
        .filter(Q(digest=None) | Q(digest__made_until=None) | Q(digest__made_until__lt=due))
        .filter(Exists(waiting))
    )
    return sum(_send_digest(pk, due=due) for pk in people.values_list("pk", flat=True))


def last_hour(now: datetime) -> datetime:
    """Return when the set hour (UTC) last struck."""
    today = now.replace(hour=settings.EMAIL_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - DAY


@transaction.atomic
def _send_digest(pk: int, *, due: datetime) -> bool:
    """Mail one person's summary of what came before ``due``, unless that was done meanwhile."""
    user = User.objects.get(pk=pk)
    Digest.objects.get_or_create(user=user)
    digest = Digest.objects.select_for_update().get(user=user)
    if digest.made_until is not None and digest.made_until >= due:
        return False
    since = max(digest.made_until or due - DAY, due - OLDEST)
    digest.made_until = due
    digest.save(update_fields=["made_until"])
    news = _news(user, since=since, until=due)
    found = list(news[: SHOWN + 1])
    if not found or not user.email:
        return False
    _mail(user, found[:SHOWN], total=news.count())
    news.update(mailed_at=timezone.now())
    return True


def _news(user: User, *, since: datetime, until: datetime) -> QuerySet[Notification]:
    """Return what the user has neither read nor been mailed, of the kinds that they want."""
    wanted = [found.kind.key for found in subscriptions_of(user) if found.mail]
    return Notification.objects.filter(
        user=user,
        read_at=None,
        mailed_at=None,
        kind__in=wanted,
        created__gt=since,
        created__lte=until,
    )


def _mail(user: User, news: list[Notification], *, total: int) -> None:
    leave = unsubscribe_url(user)
    subject = f"{total} unread message{'' if total == 1 else 's'} in your inbox"
    entries = [(item, absolute(item.url) if item.url else "") for item in news]
    text, html = render_mail(
        "digest",
        {
            "person": user,
            "subject": subject,
            "entries": entries,
            "more": total - len(news),
            "leave_all_url": leave,
        },
    )
    mail = EmailMultiAlternatives(
        subject=subject, body=text, to=[user.email], headers=unsubscribe_headers(leave)
    )
    mail.attach_alternative(html, "text/html")
    mail.send()
