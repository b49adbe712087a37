"""The way out: a real server that refuses, delays and hangs up; nothing is lost or sent twice."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage, send_mail
from django.db import connection
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.ids import new_id
from app.notifications.models import OutgoingMail
from app.notifications.services import deliver_mail, retry_mail, send_due_mail, sweep_mail
from app.notifications.services.delivering import pause_after
from tests.factories.broker import sent
from tests.notifications.conftest import the_mail
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
State = OutgoingMail.State
NOW = timezone.now


def write(*to: str) -> OutgoingMail:
    EmailMessage("Größe ✓", "Zeile\n.\n..\nEnde", to=list(to) or ["ada@example.org"]).send()
    return OutgoingMail.objects.latest("created")


def again(mail: OutgoingMail) -> OutgoingMail:
    """Try when it is next due."""
    mail.refresh_from_db()
    deliver_mail(mail.pk, now=mail.due_at)
    mail.refresh_from_db()
    return mail


class TestHandingOver:
    def test_the_server_gets_what_was_rendered(self, server: SmtpSink) -> None:
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.SENT
        assert mail.sent_at is not None
        taken = server.received[0]
        assert taken.recipients == ["ada@example.org"]
        assert taken.content == bytes(mail.content)
        assert taken.message["Subject"] == "Größe ✓"
        body = taken.message.get_body(("plain",))
        assert body is not None
        assert body.get_content().splitlines() == ["Zeile", ".", "..", "Ende"]

    def test_twice_delivered_tasks_send_once(self, server: SmtpSink) -> None:
        mail = write()
        for _ in range(3):
            deliver_mail(mail.pk)
        assert len(server.received) == 1

    def test_eight_workers_at_once_send_once(self, server: SmtpSink) -> None:
        mail = write()
        start = threading.Barrier(8)

        def work() -> None:
            start.wait()
            try:
                deliver_mail(mail.pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.received) == 1
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == (State.SENT, 1)

    def test_nothing_happens_for_what_is_not_there(self, server: SmtpSink) -> None:
        deliver_mail(new_id())
        assert server.sessions == 0

    def test_a_login_is_sent_where_there_is_one(
        self, server: SmtpSink, settings: LazySettings
    ) -> None:
        settings.EMAIL_URL = f"smtp://me:pw@127.0.0.1:{server.port}"
        deliver_mail(write().pk)
        assert any(line.startswith("AUTH PLAIN") for line in server.commands)
        assert len(server.received) == 1

    def test_without_encryption_where_it_is_wanted_nothing_is_sent(
        self, server: SmtpSink, settings: LazySettings
    ) -> None:
        settings.EMAIL_URL = f"smtp://me:pw@127.0.0.1:{server.port}?tls=1"
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.QUEUED
        assert "STARTTLS" in mail.reason
        assert not server.received
        assert not any(line.startswith("AUTH") for line in server.commands)

    def test_a_folder_gets_one_file_per_message(self, folder: str) -> None:
        mail = write()
        deliver_mail(mail.pk)
        files = list(Path(folder).iterdir())
        assert [file.name for file in files] == [f"{mail.pk}.eml"]
        assert files[0].read_bytes() == bytes(mail.content)


class TestTryingAgain:
    @pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
    @pytest.mark.parametrize("answer", ["451 try later", "drop"])
    def test_temporary_trouble_at_any_step(self, server: SmtpSink, verb: str, answer: str) -> None:
        server.answers[verb] = [answer]
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        if mail.state != State.SENT:  # after a refused EHLO, smtplib greets with HELO
            assert (mail.state, mail.attempts) == (State.QUEUED, 1)
            assert mail.due_at > NOW() + timedelta(seconds=30)
            assert mail.reason
            assert again(mail).state == State.SENT
        else:
            assert (verb, answer) == ("EHLO", "451 try later")
        assert len(server.received) == 1

    def test_not_before_it_is_due(self, server: SmtpSink) -> None:
        server.answers["DATA"] = ["451 greylisted"]
        mail = write()
        deliver_mail(mail.pk)
        deliver_mail(mail.pk)
        assert not server.received
        mail.refresh_from_db()
        assert mail.attempts == 1
        assert mail.reason == "451 greylisted"

    def test_a_server_that_is_away(self, server: SmtpSink, settings: LazySettings) -> None:
        settings.EMAIL_URL = "smtp://127.0.0.1:1"
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.QUEUED
        assert "refused" in mail.reason
        settings.EMAIL_URL = server.url
        assert again(mail).state == State.SENT

    def test_pauses_grow_and_have_a_bound(self) -> None:
        pauses = [pause_after(number) for number in range(1, 40)]
        assert pauses[0] == timedelta(minutes=1)
        assert pauses == sorted(pauses)
        assert max(pauses) == timedelta(hours=6)

    def test_after_two_days_it_is_given_up_with_the_reason(self, server: SmtpSink) -> None:
        server.answers["DATA"] = ["451 no room"] * 99
        mail = write()
        for _ in range(99):
            if again(mail).state == State.FAILED:
                break
        assert mail.state == State.FAILED
        assert "451 no room" in mail.reason
        assert 12 < mail.attempts < 25
        waited = mail.due_at - mail.created
        assert timedelta(days=1, hours=12) < waited <= timedelta(days=2)
        assert not server.received

    @pytest.mark.parametrize("verb", ["RCPT", "DATA", "."])
    def test_a_lasting_refusal_fails_at_once(self, server: SmtpSink, verb: str) -> None:
        server.answers[verb] = ["550 no such person"]
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.FAILED
        assert "550 no such person" in mail.reason

    def test_only_those_who_have_not_got_it_are_tried_again(self, server: SmtpSink) -> None:
        server.refused = {"bob@example.org": "451 full", "eve@example.org": "550 unknown"}
        mail = write("ada@example.org", "bob@example.org", "eve@example.org")
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert (mail.state, mail.remaining) == (State.QUEUED, ["bob@example.org"])
        server.refused = {}
        assert again(mail).state == State.SENT
        assert [taken.recipients for taken in server.received] == [
            ["ada@example.org"],
            ["bob@example.org"],
        ]

    def test_taken_but_unheard_comes_again_and_is_recognizable(self, server: SmtpSink) -> None:
        """At least once: the connection broke after the server had taken the message."""
        server.answers["TAKEN"] = ["drop"]
        mail = write()
        deliver_mail(mail.pk)
        assert again(mail).state == State.SENT
        first, second = [taken.message["Message-ID"] for taken in server.received]
        assert first == second

    def test_a_bad_goodbye_is_no_failure(self, server: SmtpSink) -> None:
        server.answers["QUIT"] = ["500 what?"]
        mail = write()
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.SENT


class TestReconciling:
    def test_what_the_broker_forgot_is_sent_again(self, server: SmtpSink) -> None:
        mail = write()
        before = sent("short").count([str(mail.pk)])
        send_due_mail(now=NOW())
        assert sent("short").count([str(mail.pk)]) == before  # it has only just been sent
        send_due_mail(now=NOW() + timedelta(minutes=2))
        assert sent("short").count([str(mail.pk)]) == before + 1

    def test_pauses_are_kept(self, server: SmtpSink) -> None:
        server.answers["DATA"] = ["451 later"]
        mail = write()
        deliver_mail(mail.pk)
        before = sent("short").count([str(mail.pk)])
        send_due_mail(now=NOW() + timedelta(seconds=45))
        assert sent("short").count([str(mail.pk)]) == before
        send_due_mail(now=NOW() + timedelta(seconds=90))
        assert sent("short").count([str(mail.pk)]) == before + 1

    def test_a_lost_worker_gives_back(self, server: SmtpSink) -> None:
        mail = write()
        OutgoingMail.objects.update(
            state=State.SENDING, attempts=1, lease_expires_at=NOW() + timedelta(minutes=5)
        )
        send_due_mail(now=NOW())
        assert the_mail().state == State.SENDING
        send_due_mail(now=NOW() + timedelta(minutes=6))
        mail.refresh_from_db()
        assert mail.state == State.QUEUED
        assert mail.reason == "The worker that sent it was lost."
        assert again(mail).state == State.SENT


class TestRate:
    def test_no_minute_sees_more_than_allowed(
        self, server: SmtpSink, settings: LazySettings
    ) -> None:
        settings.EMAIL_RATE = 2
        start = NOW()
        mails = [write(f"person{number}@example.org") for number in range(5)]
        for second in range(0, 150, 10):
            for mail in mails:
                deliver_mail(mail.pk, now=start + timedelta(seconds=second + 1))
        times = sorted(mail.attempted_at for mail in OutgoingMail.objects.all())
        assert len(server.received) == 5
        for first, third in zip(times, times[2:], strict=False):
            assert third - first >= timedelta(minutes=1)

    def test_workers_at_once_keep_to_it(self, server: SmtpSink, settings: LazySettings) -> None:
        settings.EMAIL_RATE = 3
        mails = [write(f"person{number}@example.org") for number in range(8)]
        start = threading.Barrier(len(mails))

        def work(mail: OutgoingMail) -> None:
            start.wait()
            try:
                deliver_mail(mail.pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(mail,)) for mail in mails]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.received) == 3
        assert OutgoingMail.objects.filter(state=State.QUEUED).count() == 5


class TestClosedAccounts:
    def test_nothing_goes_to_a_closed_account(self, server: SmtpSink, user: User) -> None:
        mail = write(user.email)
        User.objects.filter(pk=user.pk).update(is_active=False, email="gone@example.invalid")
        deliver_mail(mail.pk)
        mail.refresh_from_db()
        assert mail.state == State.DROPPED
        assert server.sessions == 0

    def test_the_others_get_it(self, server: SmtpSink, user: User, stranger: User) -> None:
        mail = write(user.email, stranger.email)
        User.objects.filter(pk=user.pk).update(is_active=False)
        deliver_mail(mail.pk)
        assert [taken.recipients for taken in server.received] == [[stranger.email]]

    def test_with_the_account_its_mail_goes(self, server: SmtpSink, user: User) -> None:
        write(user.email)
        user.delete()
        assert not OutgoingMail.objects.exists()


class TestAdministration:
    def test_what_failed_is_sent_by_hand(self, server: SmtpSink, user: User) -> None:
        server.answers["RCPT"] = ["550 no"]
        mail = write()
        deliver_mail(mail.pk)
        retry_mail(actor=user, mail=OutgoingMail.objects.get())
        assert [str(mail.pk)] in sent("short")
        deliver_mail(mail.pk)
        assert the_mail().state == State.SENT
        moves = Event.objects.filter(name="notifications.outgoingmail.state_changed", actor=user)
        assert moves.get().data["after"] == "QUEUED"

    def test_what_was_kept_waits_for_a_server(
        self, kept: None, user: User, settings: LazySettings, server: SmtpSink
    ) -> None:
        settings.EMAIL_URL = ""
        mail = write()
        with pytest.raises(Conflict, match="no mail server"):
            retry_mail(actor=user, mail=mail)
        settings.EMAIL_URL = server.url
        retry_mail(actor=user, mail=mail)
        assert again(mail).state == State.SENT

    def test_what_waits_is_kept_when_the_server_is_taken_away(
        self, server: SmtpSink, settings: LazySettings
    ) -> None:
        mail = write()
        settings.EMAIL_URL = ""
        deliver_mail(mail.pk)
        assert the_mail().state == State.KEPT

    def test_what_was_sent_is_not_sent_again(self, server: SmtpSink, user: User) -> None:
        mail = write()
        deliver_mail(mail.pk)
        with pytest.raises(TransitionNotAllowed):
            retry_mail(actor=user, mail=OutgoingMail.objects.get(pk=mail.pk))

    def test_old_mail_is_deleted_but_never_what_waits(self, server: SmtpSink) -> None:
        done, waiting = write(), write("bob@example.org")
        deliver_mail(done.pk)
        assert sweep_mail(now=NOW() + timedelta(days=29)) == 0
        assert sweep_mail(now=NOW() + timedelta(days=31)) == 1
        assert the_mail() == waiting


def test_a_whole_mailing_survives_a_flaky_server(server: SmtpSink) -> None:
    """Every third conversation breaks somewhere; everybody gets the message exactly once."""
    for number in range(12):
        send_mail("News", "Text", None, [f"person{number}@example.org"])
    server.answers = {"RCPT": ["451 a", "drop"], ".": ["451 b"], "MAIL": ["drop"]}
    for _ in range(3):
        for mail in OutgoingMail.objects.filter(state=State.QUEUED):
            deliver_mail(mail.pk, now=mail.due_at)
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {State.SENT}
    taken = sorted(message.recipients[0] for message in server.received)
    assert taken == sorted(f"person{number}@example.org" for number in range(12))
