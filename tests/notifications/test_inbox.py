"""The inbox: one's own messages, newest first, read at once."""

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role
from app.notifications.kinds import UnknownKind, register_kind
from app.notifications.models import Notification
from app.notifications.services import mark_read, notify
from archives.policies import ARCHIVES
from tests.factories.archives import make_archive

INBOX = "/inbox/"
DONE = "images.import.finished"


def test_newest_first_and_only_one_s_own(signed_in: Client, user: User, stranger: User) -> None:
    notify(user=user, kind="images.import.finished", text="First")
    notify(user=user, kind="images.import.finished", text="Second", url="/archives/")
    notify(user=stranger, kind="images.import.finished", text="Foreign")
    text = signed_in.get(INBOX).content.decode()
    assert text.index("Second") < text.index("First")
    assert 'href="/archives/"' in text
    assert "Foreign" not in text


def test_an_empty_inbox_says_so(signed_in: Client) -> None:
    assert b"No news" in signed_in.get(INBOX).content


def test_text_is_text_and_not_endless(signed_in: Client, user: User) -> None:
    notify(user=user, kind="images.import.finished", text="<script>alert(1)</script>" + "x" * 400)
    assert len(Notification.objects.get().text) == 300
    assert b"<script>alert" not in signed_in.get(INBOX).content


def test_all_read_at_once(signed_in: Client, user: User, stranger: User) -> None:
    for person in (user, user, stranger):
        notify(user=person, kind="images.import.finished", text="News")
    assert signed_in.get("/").context["unread_count"]() == 2
    assert signed_in.post(reverse("notifications:read_all"))["Location"] == INBOX
    assert signed_in.get("/").context["unread_count"]() == 0
    assert Notification.objects.get(user=stranger).read_at is None


def test_what_was_read_keeps_its_time(signed_in: Client, user: User) -> None:
    message = notify(user=user, kind="images.import.finished", text="News")
    times = set()
    for _ in range(2):
        signed_in.post(reverse("notifications:read_all"))
        message.refresh_from_db()
        times.add(message.read_at)
    assert len(times) == 1


def test_search(signed_in: Client, user: User) -> None:
    for text in ("Import done", "Run failed"):
        notify(user=user, kind="images.import.finished", text=text)
    found = signed_in.get(INBOX, {"q": "FAILED"}).content.decode()
    assert "Run failed" in found
    assert "Import done" not in found


def test_an_unknown_kind_fails_loudly_and_tells_nobody(user: User) -> None:
    with pytest.raises(UnknownKind, match="No application registered"):
        notify(user=user, kind="nothing.of.it", text="News")
    assert not Notification.objects.exists()


def test_a_kind_cannot_be_taken_twice() -> None:
    register_kind("access.requested", "Access requests", "Somebody asks for access to yours.")
    with pytest.raises(ValueError, match="registered already"):
        register_kind("access.requested", "Something else", "")


def test_filters_by_state_and_kind(signed_in: Client, user: User) -> None:
    old = notify(user=user, kind=DONE, text="An old import")
    mark_read(old)
    notify(user=user, kind=DONE, text="A new import")
    notify(user=user, kind="access.requested", text="Ada asks")
    for query, shown in (
        ({"state": "unread"}, {"A new import", "Ada asks"}),
        ({"state": "read"}, {"An old import"}),
        ({"kind": DONE}, {"An old import", "A new import"}),
        ({"kind": DONE, "state": "unread"}, {"A new import"}),
        ({"kind": "no.such", "state": "\x00"}, {"An old import", "A new import", "Ada asks"}),
    ):
        page = signed_in.get(INBOX, query).context["list"]
        assert {item.text for item in page.items} == shown


def test_pages_keep_the_filters(signed_in: Client, user: User) -> None:
    for number in range(30):
        notify(user=user, kind=DONE, text=f"{number}")
    text = signed_in.get(INBOX, {"state": "unread", "kind": DONE}).content.decode()
    assert "state=unread&amp;kind=images.import.finished&amp;page=2" in text


def test_an_empty_filter_says_so(signed_in: Client, user: User) -> None:
    notify(user=user, kind=DONE, text="News")
    assert b"Nothing like it" in signed_in.get(INBOX, {"state": "read"}).content


def test_one_is_read_unread_and_deleted(signed_in: Client, user: User) -> None:
    message = notify(user=user, kind=DONE, text="News")
    read = reverse("notifications:read", args=[message.pk])
    back = f"{INBOX}?state=unread"
    assert signed_in.post(read, {"read": "yes", "next": back})["Location"] == back
    message.refresh_from_db()
    assert message.read_at is not None
    signed_in.post(read, {"read": ""})
    message.refresh_from_db()
    assert message.read_at is None
    signed_in.post(reverse("notifications:delete", args=[message.pk]))
    assert not Notification.objects.exists()


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "javascript:x", ""])
def test_nobody_is_sent_elsewhere(signed_in: Client, user: User, target: str) -> None:
    response = signed_in.post(reverse("notifications:read_all"), {"next": target})
    assert response["Location"] == INBOX


def test_nobody_touches_foreign_messages(signed_in: Client, stranger: User) -> None:
    message = notify(user=stranger, kind=DONE, text="News")
    for name in ("read", "delete"):
        response = signed_in.post(reverse(f"notifications:{name}", args=[message.pk]))
        assert response.status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


class TestRoles:
    """Whoever is given a role is told, unless they gave it to themselves."""

    def test_told_with_the_page_it_is_about(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="UPLOADER")
        told = Notification.objects.get()
        assert told.user == stranger
        assert told.kind == "accounts.role.granted"
        words = f"{user.display_name} made you uploader of the archive “{archive.title}”."
        assert told.text == words
        assert told.url == f"/archives/{archive.pk}/"

    def test_the_same_role_again_is_no_news(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, members={"USER": stranger})
        Notification.objects.all().delete()
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="USER")
        assert not Notification.objects.exists()
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="EDITOR")
        assert "made you editor" in Notification.objects.get().text

    def test_one_s_own_doing_is_no_news(self, user: User) -> None:
        make_archive(editor=user)
        assert not Notification.objects.exists()


def test_a_new_token_is_told_at_once(
    signed_in: Client, user: User, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(pk=user.pk).update(mail_preference="OFF")
    signed_in.post(reverse("accounts:create_token"), {"name": "a", "access": "READ", "days": "30"})
    assert Notification.objects.get().kind == "accounts.security"
    assert [mail.to for mail in mailoutbox] == [[user.email]]
