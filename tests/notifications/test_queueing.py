"""Mail is stored once, as rendered, in the transaction under way; nothing can be injected."""

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import transaction
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.notifications.models import OutgoingMail
from app.notifications.services import notify
from app.notifications.transport import MailFolder, SmtpServer, default_sender, parse_email_url
from tests.factories.accounts import UserFactory
from tests.factories.broker import sent
from tests.notifications.conftest import the_mail

DONE = "images.import.finished"


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    """A message exists if and only if what it is about does."""

    def test_delivery_is_sent_after_the_commit(self, folder: str) -> None:
        with transaction.atomic():
            send_mail("Hello", "Text", None, ["ada@example.org"])
            pk = str(the_mail().pk)
            assert [pk] not in sent("short")
        assert sent("short").count([pk]) == 1

    def test_a_rollback_takes_the_message_along(self, folder: str) -> None:
        with transaction.atomic():
            send_mail("Hello", "Text", None, ["ada@example.org"])
            transaction.set_rollback(True)
        assert not OutgoingMail.objects.exists()

    def test_what_is_kept_is_not_sent(self, kept: None) -> None:
        send_mail("Hello", "Text", None, ["ada@example.org"])
        mail = the_mail()
        assert mail.state == OutgoingMail.State.KEPT
        assert [str(mail.pk)] not in sent("short")


@pytest.mark.django_db
class TestRendering:
    """Both parts are always there; addresses lead to the site."""

    def test_plain_text_gets_the_portal_s_look(self, kept: None) -> None:
        send_mail("Hello", "See <https://example.org/a?b=1&c=2>", None, ["ada@example.org"])
        mail = the_mail()
        assert mail.text().strip() == "See <https://example.org/a?b=1&c=2>"
        assert 'href="https://example.org/a?b=1&amp;c=2"' in mail.html()
        assert "data-look" not in mail.html()
        assert "See &lt;<a " in mail.html()
        assert 'style="' in mail.html()

    def test_html_gets_a_plain_text(self, kept: None) -> None:
        message = EmailMessage(
            "Hello",
            '<style>p {color: red}</style><p>Dear <b>Ada</b>,</p><a href="https://a.org/">here</a>',
            to=["ada@example.org"],
        )
        message.content_subtype = "html"
        message.send()
        assert the_mail().text().strip() == "Dear Ada,\nhere (https://a.org/)"
        assert "<b>Ada</b>" in the_mail().html()

    def test_an_alternative_of_its_own_is_kept(self, kept: None) -> None:
        message = EmailMultiAlternatives("Hello", "Text", to=["ada@example.org"])
        message.attach_alternative("<p>Own</p>", "text/html")
        message.attach("a.txt", "attached", "text/plain")
        message.send()
        assert the_mail().text().strip() == "Text"
        assert the_mail().html().strip() == "<p>Own</p>"
        assert [part.get_filename() for part in the_mail().parsed().iter_attachments()] == ["a.txt"]

    def test_news_links_to_the_site(self, kept: None, settings: LazySettings) -> None:
        settings.SITE_URL = "https://portal.example.org"
        notify(user=UserFactory(), kind=DONE, text="3 <images> imported.", url="/images/1/")
        mail = the_mail()
        assert "https://portal.example.org/images/1/" in mail.text()
        assert 'href="https://portal.example.org/images/1/"' in mail.html()
        assert "3 &lt;images&gt; imported." in mail.html()
        assert "3 <images> imported." in mail.text()

    def test_bcc_stays_blind(self, kept: None) -> None:
        EmailMessage("Hello", "Text", to=["Ada <ada@example.org>"], bcc=["bob@example.org"]).send()
        mail = the_mail()
        assert mail.recipients == ["ada@example.org", "bob@example.org"]
        assert b"bob" not in bytes(mail.content)

    def test_a_message_to_nobody_is_none(self, kept: None) -> None:
        EmailMessage("Hello", "Text", to=[]).send()
        assert not OutgoingMail.objects.exists()

    def test_who_is_meant(self, kept: None, user: User) -> None:
        send_mail("Hello", "Text", None, [user.email.upper()])
        assert the_mail().user == user


@pytest.mark.django_db
class TestInjection:
    """Nothing that people write becomes a header."""

    @pytest.mark.parametrize(
        "hostile",
        [
            {"subject": "Hello\nBcc: eve@example.org"},
            {"subject": "Hello\r\nBcc: eve@example.org"},
            {"to": ["ada@example.org\nBcc: eve@example.org"]},
            {"to": ["ada@example.org\r\nRCPT TO:<eve@example.org>"]},
            {"bcc": ["ada@example.org\r\nDATA"]},
            {"cc": ["a@example.org>\r\nDATA\r\n<b@example.org"]},
            {"to": ["no address"]},
            {"from_email": "me@example.org\nBcc: eve@example.org"},
            {"headers": {"X-Note": "a\nBcc: eve@example.org"}},
            {"reply_to": ["a@example.org\nBcc: eve@example.org"]},
        ],
    )
    def test_a_line_break_stores_nothing(self, kept: None, hostile: dict[str, object]) -> None:
        fields: dict[str, object] = {"subject": "Hello", "to": ["ada@example.org"]} | hostile
        with pytest.raises(ValueError):
            EmailMessage(body="Text", **fields).send()  # type: ignore[arg-type]
        assert not OutgoingMail.objects.exists()

    def test_silently_if_asked(self, kept: None) -> None:
        assert not send_mail("a\nb", "Text", None, ["ada@example.org"], fail_silently=True)

    @pytest.mark.parametrize("text", ["Import\r\nBcc: eve@example.org", "a\x00b\x0bc", "x" * 999])
    def test_news_becomes_a_subject_of_one_line(self, kept: None, user: User, text: str) -> None:
        notify(user=user, kind=DONE, text=text.replace("\x00", ""))
        found = the_mail().parsed()
        assert "Bcc" not in found
        assert len(found["Subject"].strip()) <= 150
        assert found["To"] == user.email

    def test_a_name_with_line_breaks_reaches_no_header(self, kept: None) -> None:
        person = UserFactory(first_name="Ada\r\nBcc: eve@example.org")
        notify(user=person, kind=DONE, text=f"{person.display_name} asks")
        assert "Bcc" not in the_mail().parsed()


class TestAddresses:
    """``EMAIL_URL`` is read strictly, and its password is never repeated."""

    def test_what_it_may_be(self) -> None:
        assert parse_email_url("") is None
        found = parse_email_url("smtp://me%40a.org:p%2Fw@mail.example.org?tls=1")
        assert found == SmtpServer("mail.example.org", 587, "me@a.org", "p/w", "starttls")
        assert "p/w" not in repr(found)
        assert parse_email_url("smtps://a:b@mail.example.org") == SmtpServer(
            "mail.example.org", 465, "a", "b", "tls"
        )
        assert parse_email_url("smtp://mail:2525") == SmtpServer("mail", 2525)
        folder = parse_email_url("file:///var/mail%20box")
        assert isinstance(folder, MailFolder)
        assert str(folder.path) == "/var/mail box"

    @pytest.mark.parametrize(
        "url",
        ["mail.example.org", "http://a:secret@b", "smtp://", "file://folder", "smtp://a:secret@b"],
    )
    def test_what_it_may_not_be(self, url: str) -> None:
        with pytest.raises(ValueError, match="EMAIL_URL") as caught:
            parse_email_url(url)
        assert "secret" not in str(caught.value)

    def test_the_sender_without_a_setting(self) -> None:
        assert default_sender("https://a.example.org") == "Hounsfield <no-reply@a.example.org>"
        assert default_sender("http://127.0.0.1:8000") == "Hounsfield <no-reply@localhost>"


def test_sign_up_links_can_be_read_where_mail_is_kept(
    kept: None, client: Client, user: User
) -> None:
    link = "https://portal.example.org/confirm/abc-123/"
    send_mail("Confirm your address", f"Open {link}", None, ["new@example.org"])
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    client.force_login(user)
    page = client.get(reverse("notifications:message", args=[the_mail().pk])).content.decode()
    assert f'href="{link}"' in page
