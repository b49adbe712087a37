"""Announcing something to everybody who takes part."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Announcement, Challenge
from app.challenges.news import ANNOUNCED
from app.core.errors import LimitReached
from app.core.tasks import enqueue_on_commit
from app.notifications.services import notify

TELL = "app.challenges.tasks.tell_announcement"
MOST_A_DAY = 20


@transaction.atomic
def announce(*, actor: User, challenge: Challenge, title: str, text: str) -> Announcement:
    """Publish an announcement; members are told soon, in their inbox and by mail as they chose."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    day_ago = timezone.now() - timedelta(days=1)
    if challenge.announcements.filter(created__gt=day_ago).count() >= MOST_A_DAY:
        raise LimitReached(
            f"There were {MOST_A_DAY} announcements within a day.",
            advice="Everybody gets each of them; join what is left into one, tomorrow.",
        )
    return publish(actor=actor, challenge=challenge, title=title, text=text)


def publish(*, actor: User, challenge: Challenge, title: str, text: str) -> Announcement:
    """Keep an announcement and have it told, in the transaction under way; nothing is limited."""
    announcement = Announcement(challenge=challenge, author=actor, title=title, text=text)
    announcement.full_clean()
    announcement.save()
    data = {"title": title, "text": text}
    record("challenges.announcement.made", obj=challenge, actor=actor, data=data)
    enqueue_on_commit(TELL, announcement.pk)
    return announcement


@transaction.atomic
def tell_members(pk: UUID | str) -> int:
    """Tell every member but the author; may run twice. Return how many were told now."""
    found = Announcement.objects.select_for_update(of=("self",)).filter(pk=pk, told_at=None)
    announcement = found.select_related("challenge").first()
    if announcement is None:
        return 0
    challenge = announcement.challenge
    people = User.objects.filter(
        pk__in=challenge.memberships.values("user"), is_active=True
    ).exclude(pk=announcement.author_id)
    told = 0
    for person in people.iterator(500):
        notify(
            user=person,
            kind=ANNOUNCED,
            text=f"{challenge.title[:140]}: {announcement.title}",
            url=reverse("challenges:announcements", args=[challenge.pk]),
        )
        told += 1
    announcement.told_at = timezone.now()
    announcement.save(update_fields=["told_at", "modified"])
    return told
