"""The copy of one's data: complete, without secrets, for its owner alone, gone after a week."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.personal_data import personal_data, register_personal_data
from app.accounts.services import grant_role, issue_token, set_picture
from app.audit.models import Event
from app.core.errors import Conflict
from app.notifications.models import Notification
from app.notifications.services import notify
from app.people.models import PersonalExport
from app.people.services import build_export, request_export
from app.people.tasks import look_after_people, make_personal_export
from app.uploads.services import start_upload
from reader_studies.services import save_answers
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.broker import sent
from tests.factories.challenges import make_challenge, make_evaluation, make_phase
from tests.factories.people import make_known_person, make_picture, make_verification
from tests.factories.studies import make_question, make_study

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"
State = PersonalExport.State


def exported(user: User) -> dict[str, Any]:
    """Make a copy and read it as its owner gets it."""
    export = request_export(user=user)
    make_personal_export(str(export.pk))
    client = Client()
    sign_in(client, user)
    address = client.get(PAGE).context["download_url"]
    answer = client.get(client.get(address)["Location"])
    content = answer.getvalue()
    assert "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return {
        name: json.loads(data) if name.endswith(".json") else data for name, data in files.items()
    }


class TestContent:
    def test_everything_that_was_given_or_done(self, media: Path) -> None:
        user = make_known_person(first_name="Ada", website="https://a.example")
        set_picture(user=user, data=make_picture())
        token = issue_token(user=user, name="laptop")
        make_verification(user, email="ada@hospital.example")
        make_archive(editor=user, title="Thorax CT")
        study = make_study(readers=[user], cases=1, title="Nodules")
        question = make_question(study)
        save_answers(reader=user, display_set=study.display_sets.get(), given={question.pk: "yes"})
        phase = make_phase(make_challenge(participants=(user,), title="Contest"))
        make_evaluation(phase, creator=user, score=0.5)
        make_run(make_algorithm(), creator=user, item=make_archive(cases=1).items.get())
        start_upload(owner=user, filename="head.mha", size=10)
        notify(user=user, kind="images.import.finished", text="Remember the milk.")
        found = exported(user)
        assert found["profile.json"][0]["first_name"] == "Ada"
        assert found["profile.json"][0]["country"] == "Netherlands"
        assert [row["name"] for row in found["tokens.json"]] == ["laptop"]
        assert {(row["kind"], row["role"]) for row in found["roles.json"]} >= {
            ("archive", "EDITOR"),
            ("reader-study", "READER"),
            ("challenge", "PARTICIPANT"),
        }
        assert found["archives.json"][0]["title"] == "Thorax CT"
        assert found["verifications.json"][0]["email"] == "ada@hospital.example"
        answer = found["answers.json"][0]
        assert (answer["reader_study"], answer["question"]) == ("Nodules", "Nodule?")
        submission = found["submissions.json"][0]
        assert (submission["challenge"], submission["evaluations"][0]["score"]) == ("Contest", 0.5)
        assert len(found["runs.json"]) == 1
        assert found["uploads.json"][0]["filename"] == "head.mha"
        assert "Remember the milk." in str(found["notifications.json"])
        assert "accounts.token.issued" in {row["name"] for row in found["events.json"]}
        assert found["picture.webp"].startswith(b"RIFF")
        assert user.username in found["README.txt"].decode()
        whole = str(found)
        for secret in (token.plain, token.token.digest, user.password):
            assert secret not in whole

    def test_sign_ins_with_where_from(self, client: Client, user: User) -> None:
        client.post(
            "/sign-in/", {"login": user.username, "password": "secret"}, REMOTE_ADDR="192.0.2.9"
        )
        events = exported(user)["events.json"]
        assert ("accounts.user.signed_in", "192.0.2.9") in {
            (row["name"], row["address"]) for row in events
        }

    def test_nothing_of_anybody_else(self, user: User) -> None:
        other = make_known_person(username="somebody-else", email="else@example.org")
        study = make_study(editor=user, readers=[other], cases=1)
        save_answers(
            reader=other,
            display_set=study.display_sets.get(),
            given={make_question(study).pk: "yes"},
        )
        make_verification(other)
        notify(user=other, kind="images.import.finished", text="For the other alone.")
        found = exported(user)
        for said in ("somebody-else", "else@example.org", "For the other alone."):
            assert said not in str(found)
        assert found["answers.json"] == []

    def test_every_kind_of_data_is_a_file(self, user: User) -> None:
        names = {kind.name for kind in personal_data()}
        assert names >= {"answers", "submissions", "runs", "archives", "images", "imported-files"}
        assert names >= {"uploads", "events", "notifications", "views", "tokens", "roles"}
        assert {f"{name}.json" for name in names} <= set(exported(user))

    def test_a_name_has_one_owner(self) -> None:
        with pytest.raises(RuntimeError, match="already"):
            register_personal_data("profile", lambda user: [])


class TestMaking:
    def test_asked_on_the_page_and_told_in_the_inbox(
        self, signed_in: Client, user: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert signed_in.post(reverse("people:start_export")).status_code == 302
        export = PersonalExport.objects.get()
        assert [str(export.pk)] in sent("short")
        assert "Download" not in signed_in.get(PAGE).content.decode()
        make_personal_export(str(export.pk))
        assert Notification.objects.get(user=user).kind == "people.export.ready"
        assert "Download" in signed_in.get(PAGE).content.decode()
        assert Event.objects.filter(name="people.export.requested", actor=user).exists()

    @pytest.mark.parametrize("route", ["people:start_export", "people:delete_account"])
    def test_it_cannot_be_opened_also_long_after_signing_in(
        self, signed_in: Client, settings: Any, route: str
    ) -> None:
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
        assert signed_in.get(reverse(route)).status_code == 405

    def test_one_at_a_time(self, signed_in: Client, user: User) -> None:
        request_export(user=user)
        with pytest.raises(Conflict):
            request_export(user=user)
        signed_in.post(reverse("people:start_export"))
        assert PersonalExport.objects.count() == 1

    def test_the_task_may_run_twice_or_for_nothing(self, user: User, media: Path) -> None:
        export = request_export(user=user)
        for _ in range(2):
            make_personal_export(str(export.pk))
        assert Notification.objects.filter(user=user).count() == 1
        make_personal_export("00000000-0000-0000-0000-000000000000")
        assert len(list(media.glob("exports/*"))) == 1

    def test_forgotten_by_the_broker(
        self, user: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        export = request_export(user=user)
        PersonalExport.objects.update(modified=timezone.now() - timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            look_after_people()
        assert [str(export.pk)] in sent("short")

    def test_given_up_after_three_attempts(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(path: Path, *, user: User) -> None:
            raise OSError("disk full")

        monkeypatch.setattr("app.people.services.exports._write", broken)
        export = request_export(user=user)
        for _ in range(3):
            with pytest.raises(OSError, match="disk full"):
                build_export(export.pk)
        PersonalExport.objects.update(modified=timezone.now() - timedelta(hours=1))
        look_after_people()
        export.refresh_from_db()
        assert export.state == State.FAILED
        assert Notification.objects.get(user=user).kind == "people.export.failed"
        request_export(user=user)


class TestDownload:
    def ready(self, user: User) -> tuple[PersonalExport, str]:
        export = request_export(user=user)
        build_export(export.pk)
        export.refresh_from_db()
        address = reverse("delivery:file", args=["personal-data", export.pk, "data.zip"])
        return export, address

    def test_its_owner_alone(self, client: Client, user: User) -> None:
        _, address = self.ready(user)
        assert client.get(address).status_code == 404
        for other in (UserFactory(), UserFactory(is_superuser=True)):
            client.force_login(other)
            assert client.get(address).status_code == 404
        sign_in(client, user)
        assert client.get(address).status_code == 302
        assert Event.objects.filter(name="people.export.downloaded", actor=user).count() == 1

    def test_a_token_for_something_else(self, user: User) -> None:
        _, address = self.ready(user)
        narrow = issue_token(user=user, name="a", areas=["archives"]).plain
        answer = Client(headers={"authorization": f"Bearer {narrow}"}).get(address)
        assert answer.status_code == 404

    def test_gone_after_a_week(self, signed_in: Client, user: User, media: Path) -> None:
        export, address = self.ready(user)
        assert export.expires_at is not None
        assert timedelta(days=6.9) < export.expires_at - timezone.now() <= timedelta(days=7)
        PersonalExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        look_after_people()
        export.refresh_from_db()
        assert export.state == State.REMOVED
        assert list(media.glob("exports/*")) == []
        assert signed_in.get(address).status_code == 404
        assert "Download" not in signed_in.get(PAGE).content.decode()

    def test_roles_that_come_later_do_not_show(self, user: User, stranger: User) -> None:
        from archives.policies import ARCHIVES

        archive = make_archive(editor=stranger, title="Later")
        first = str(exported(user))
        grant_role(ARCHIVES, actor=stranger, obj=archive, user=user, role="USER")
        assert "Later" not in first
        assert "Later" in str(exported(user))
