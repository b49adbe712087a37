"""The inbox: one's own messages, newest first, read at once."""

from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.notifications.models import Notification
from app.notifications.services import notify

INBOX = "/inbox/"


def test_newest_first_and_only_one_s_own(signed_in: Client, user: User, stranger: User) -> None:
    notify(user=user, kind="test", text="First")
    notify(user=user, kind="test", text="Second", url="/archives/")
    notify(user=stranger, kind="test", text="Foreign")
    text = signed_in.get(INBOX).content.decode()
    assert text.index("Second") < text.index("First")
    assert 'href="/archives/"' in text
    assert "Foreign" not in text


def test_an_empty_inbox_says_so(signed_in: Client) -> None:
    assert b"No news" in signed_in.get(INBOX).content


def test_text_is_text_and_not_endless(signed_in: Client, user: User) -> None:
    notify(user=user, kind="test", text="<script>alert(1)</script>" + "x" * 400)
    assert len(Notification.objects.get().text) == 300
    assert b"<script>alert" not in signed_in.get(INBOX).content


def test_all_read_at_once(signed_in: Client, user: User, stranger: User) -> None:
    for person in (user, user, stranger):
        notify(user=person, kind="test", text="News")
    assert signed_in.get("/").context["unread_count"]() == 2
    assert signed_in.post(reverse("notifications:read_all"))["Location"] == INBOX
    assert signed_in.get("/").context["unread_count"]() == 0
    assert Notification.objects.get(user=stranger).read_at is None


def test_what_was_read_keeps_its_time(signed_in: Client, user: User) -> None:
    message = notify(user=user, kind="test", text="News")
    times = set()
    for _ in range(2):
        signed_in.post(reverse("notifications:read_all"))
        message.refresh_from_db()
        times.add(message.read_at)
    assert len(times) == 1


def test_search(signed_in: Client, user: User) -> None:
    for text in ("Import done", "Run failed"):
        notify(user=user, kind="test", text=text)
    found = signed_in.get(INBOX, {"q": "FAILED"}).content.decode()
    assert "Run failed" in found
    assert "Import done" not in found
