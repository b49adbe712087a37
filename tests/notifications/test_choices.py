"""When people hear of news by e-mail: at once, once a day or never, and about what."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.notifications.kinds import all_kinds, kind_of
from app.notifications.models import Digest, KindChoice, Notification
from app.notifications.selectors import subscriptions_of
from app.notifications.services import choose_mail, mark_read, notify, send_digests
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
DONE, FAILED, SAFE = "images.import.finished", "images.import.failed", "accounts.security"
SETTINGS = "/inbox/settings/"
MORNING = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Box = list[EmailMessage]


@pytest.fixture
def daily(settings: LazySettings) -> User:
    settings.EMAIL_DIGEST_HOUR = 6
    return UserFactory(mail_preference="DAILY")


def told(user: User, text: str, *, at: datetime, kind: str = DONE) -> Notification:
    """News from a moment in the past."""
    message = notify(user=user, kind=kind, text=text, url="/images/")
    Notification.objects.filter(pk=message.pk).update(created=at)
    return message


class TestAtOnce:
    def test_by_default(self, user: User, mailoutbox: Box) -> None:
        message = notify(user=user, kind=DONE, text="3 images imported.", url="/images/")
        assert [(mail.subject, mail.to) for mail in mailoutbox] == [
            ("3 images imported.", [user.email])
        ]
        assert message.mailed_at is not None

    def test_with_a_subject_of_its_own(self, user: User, mailoutbox: Box) -> None:
        notify(user=user, kind=DONE, text="Long words.", subject="Short")
        assert mailoutbox[0].subject == "Short"
        assert "Long words." in str(mailoutbox[0].body)

    @pytest.mark.parametrize("preference", ["DAILY", "OFF"])
    def test_not_for_those_who_want_it_later_or_never(
        self, preference: str, mailoutbox: Box
    ) -> None:
        notify(user=UserFactory(mail_preference=preference), kind=DONE, text="News")
        assert mailoutbox == []
        assert Notification.objects.count() == 1

    def test_not_about_what_is_turned_off(self, user: User, mailoutbox: Box) -> None:
        choose_mail(user=user, kind=kind_of(DONE), mail=False)
        notify(user=user, kind=DONE, text="News")
        notify(user=user, kind=FAILED, text="Bad news")
        assert [mail.subject for mail in mailoutbox] == ["Bad news"]

    @pytest.mark.parametrize("preference", ["INSTANT", "DAILY", "OFF"])
    def test_security_always(self, preference: str, mailoutbox: Box) -> None:
        user = UserFactory(mail_preference=preference)
        KindChoice.objects.create(user=user, kind=SAFE, mail=False)
        notify(user=user, kind=SAFE, text="Your password was changed.")
        assert len(mailoutbox) == 1
        assert "List-Unsubscribe" not in mailoutbox[0].extra_headers

    def test_never_to_a_closed_account(self, mailoutbox: Box) -> None:
        notify(user=UserFactory(is_active=False), kind=SAFE, text="News")
        assert mailoutbox == []


class TestDaily:
    def test_one_summary_of_what_is_unread(self, daily: User, mailoutbox: Box) -> None:
        told(daily, "First", at=MORNING - 5 * HOUR)
        told(daily, "Second", at=MORNING - 4 * HOUR)
        mark_read(told(daily, "Seen", at=MORNING - 3 * HOUR))
        assert send_digests(now=MORNING + HOUR) == 1
        mail = mailoutbox[0]
        assert mail.subject == "2 unread messages in your inbox"
        text = str(mail.body)
        assert text.index("Second") < text.index("First")
        assert "Seen" not in text
        assert "/images/" in text

    def test_once_a_day(self, daily: User, mailoutbox: Box) -> None:
        told(daily, "Today", at=MORNING - HOUR)
        for minutes in range(0, 24 * 60, 5):
            send_digests(now=MORNING + timedelta(minutes=minutes))
            if minutes == 300:
                told(daily, "Later", at=MORNING + 5 * HOUR)
        assert len(mailoutbox) == 1
        send_digests(now=MORNING + DAY)
        assert len(mailoutbox) == 2
        assert "Later" in str(mailoutbox[1].body)
        assert "Today" not in str(mailoutbox[1].body)
        assert mailoutbox[1].subject == "1 unread message in your inbox"

    def test_at_the_hour_that_is_set(
        self, daily: User, mailoutbox: Box, settings: LazySettings
    ) -> None:
        send_digests(now=MORNING)
        settings.EMAIL_DIGEST_HOUR = 18
        told(daily, "News", at=MORNING + HOUR)
        send_digests(now=MORNING + 11 * HOUR)
        assert mailoutbox == []
        send_digests(now=MORNING + 12 * HOUR)
        assert len(mailoutbox) == 1

    def test_no_news_no_mail(self, daily: User, mailoutbox: Box) -> None:
        assert send_digests(now=MORNING) == 0
        assert mailoutbox == []

    def test_only_kinds_that_are_wanted(self, daily: User, mailoutbox: Box) -> None:
        choose_mail(user=daily, kind=kind_of(DONE), mail=False)
        told(daily, "Unwanted", at=MORNING - HOUR)
        assert send_digests(now=MORNING) == 0
        told(daily, "Wanted", at=MORNING + HOUR, kind=FAILED)
        send_digests(now=MORNING + DAY)
        assert "Wanted" in str(mailoutbox[0].body)
        assert "Unwanted" not in str(mailoutbox[0].body)

    def test_what_was_mailed_at_once_does_not_come_again(self, user: User, mailoutbox: Box) -> None:
        told(user, "Mailed", at=MORNING - HOUR)
        User.objects.filter(pk=user.pk).update(mail_preference="DAILY")
        assert send_digests(now=MORNING) == 0
        assert len(mailoutbox) == 1

    def test_a_missed_day_is_made_up_for_but_not_a_month(
        self, daily: User, mailoutbox: Box
    ) -> None:
        Digest.objects.create(user=daily, made_until=MORNING - 30 * DAY)
        told(daily, "Ancient", at=MORNING - 20 * DAY)
        told(daily, "Two days old", at=MORNING - 2 * DAY)
        send_digests(now=MORNING)
        assert "Two days old" in str(mailoutbox[0].body)
        assert "Ancient" not in str(mailoutbox[0].body)

    def test_a_long_list_is_cut(self, daily: User, mailoutbox: Box) -> None:
        for number in range(60):
            told(daily, f"News {number}", at=MORNING - HOUR)
        send_digests(now=MORNING)
        assert mailoutbox[0].subject == "60 unread messages in your inbox"
        assert "And 10 more in your inbox." in str(mailoutbox[0].body)
        assert send_digests(now=MORNING + DAY) == 0

    @pytest.mark.parametrize("change", [{"is_active": False}, {"mail_preference": "OFF"}])
    def test_nobody_else_gets_one(
        self, daily: User, mailoutbox: Box, change: dict[str, object]
    ) -> None:
        told(daily, "News", at=MORNING - HOUR)
        User.objects.filter(pk=daily.pk).update(**change)
        assert send_digests(now=MORNING) == 0


class TestPage:
    def test_choices_are_kept(self, signed_in: Client, user: User) -> None:
        sent = {"mail_preference": "DAILY", DONE: "inbox", FAILED: "mail", SAFE: "inbox"}
        assert signed_in.post(SETTINGS, sent)["Location"] == SETTINGS
        user.refresh_from_db()
        assert user.mail_preference == "DAILY"
        chosen = {found.kind.key: found.mail for found in subscriptions_of(user)}
        assert (chosen[DONE], chosen[FAILED], chosen[SAFE]) == (False, True, True)
        event = Event.objects.get(name="notifications.preference.changed")
        assert event.data == {"before": "INSTANT", "after": "DAILY"}

    def test_nonsense_changes_nothing(self, signed_in: Client, user: User) -> None:
        assert signed_in.post(SETTINGS, {"mail_preference": "HOURLY"}).status_code == 200
        user.refresh_from_db()
        assert user.mail_preference == "INSTANT"

    def test_every_kind_is_there(self, signed_in: Client) -> None:
        page = signed_in.get(SETTINGS).content.decode()
        for kind in all_kinds():
            assert kind.title in page
        assert f'name="{SAFE}"' not in page


def test_everything_that_people_should_hear_of_is_registered() -> None:
    assert {
        "access.requested",
        "access.decided",
        "accounts.role.granted",
        "accounts.security",
        "people.verification.accepted",
        "algorithms.run.failed",
        "algorithms.run.finished",
        "challenges.evaluation.failed",
        "challenges.evaluation.finished",
        "challenges.submission.received",
        "execution.container_image.checked",
        "images.import.failed",
        "images.import.finished",
    } <= {kind.key for kind in all_kinds()}
    urgent = {kind.key for kind in all_kinds() if kind.urgent}
    assert urgent == {SAFE, "people.deletion.requested"}
    assert reverse("notifications:settings") == SETTINGS
