"""Administrators read the portal's mail; what it says cannot do anything there."""

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.test import Client
from django.urls import reverse

from app.audit.models import Event
from app.notifications.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.notifications.conftest import the_mail

pytestmark = pytest.mark.django_db
LIST = "/inbox/mail/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(is_superuser=True))
    return client


def test_search_and_state(admin: Client, kept: None) -> None:
    send_mail("Your import", "Text", None, ["ada@example.org"])
    send_mail("Your run", "Text", None, ["bob@example.org"])
    OutgoingMail.objects.filter(subject="Your run").update(state="FAILED", reason="550 no")
    for query, found in (
        ({"q": "import"}, ["Your import"]),
        ({"q": "BOB@"}, ["Your run"]),
        ({"q": "550"}, ["Your run"]),
        ({"state": "FAILED"}, ["Your run"]),
        ({"state": "KEPT"}, ["Your import"]),
        ({"state": "NONSENSE"}, ["Your run", "Your import"]),
    ):
        assert [mail.subject for mail in admin.get(LIST, query).context["list"].items] == found


def test_empty(admin: Client) -> None:
    page = admin.get(LIST).content
    assert b"No mail" in page
    assert b"Mail is kept here" in page


def test_staff_without_rights_see_nothing(client: Client, kept: None) -> None:
    send_mail("Hello", "Text", None, ["ada@example.org"])
    client.force_login(UserFactory(is_staff=True))
    pk = the_mail().pk
    for address in (LIST, *(f"{LIST}{pk}/{part}" for part in ("", "html/"))):
        assert client.get(address).status_code == 404
    assert client.post(f"{LIST}{pk}/retry/").status_code == 404


def test_reading_is_recorded(admin: Client, kept: None) -> None:
    send_mail("Hello", "Text", None, ["ada@example.org"])
    admin.get(reverse("notifications:message", args=[the_mail().pk]))
    event = Event.objects.get(name="notifications.mail.opened")
    assert event.object_id == str(the_mail().pk)


def test_hostile_html_is_shown_where_it_can_do_nothing(admin: Client, kept: None) -> None:
    message = EmailMultiAlternatives("<b>Hi</b>", "<script>1</script>", to=["ada@example.org"])
    message.attach_alternative("<script>alert(1)</script><img src='//evil.example/x'>", "text/html")
    message.send()
    pk = the_mail().pk
    page = admin.get(reverse("notifications:message", args=[pk])).content.decode()
    assert "<script>1" not in page
    assert "<b>Hi</b>" not in page
    assert "alert(1)" not in page
    frame = admin.get(reverse("notifications:message_html", args=[pk]))
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_without_a_server_there_is_nothing_to_retry(admin: Client, kept: None) -> None:
    send_mail("Hello", "Text", None, ["ada@example.org"])
    pk = the_mail().pk
    assert b"Send now" not in admin.get(reverse("notifications:message", args=[pk])).content
    assert admin.post(reverse("notifications:retry", args=[pk])).status_code == 409


def test_retry(admin: Client, folder: str) -> None:
    send_mail("Hello", "Text", None, ["ada@example.org"])
    OutgoingMail.objects.update(state="FAILED", reason="550 no such person")
    page = reverse("notifications:message", args=[the_mail().pk])
    assert b"550 no such person" in admin.get(page).content
    assert admin.post(reverse("notifications:retry", args=[the_mail().pk]))["Location"] == page
    assert the_mail().state == "QUEUED"
