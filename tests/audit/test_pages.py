"""The log for administrators, the history for those who answer for an object, and exports."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role, issue_token
from app.audit import exports
from app.audit.models import Event
from app.audit.selectors import PAGE
from app.audit.services import record, seal, sign_head
from archives.policies import ARCHIVES
from archives.services import update_archive
from tests.design.rendering import HOSTILE
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.studies import make_study

pytestmark = pytest.mark.django_db
LOG = "/audit/"
API = "/api/v1/audit/events/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(username="root", is_superuser=True, is_staff=True))
    return client


def body(client: Client, path: str, /, **query: Any) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def history_of(label: str, pk: object) -> str:
    return reverse("audit:history", args=[label, pk])


class TestLog:
    def test_sentences_lead_to_objects(self, admin: Client, user: User) -> None:
        archive = make_archive(editor=user)
        text = body(admin, LOG, name="archives.archive.created")
        link = f'<a href="{reverse("archives:detail", args=[archive.pk])}">{archive.title}</a>'
        assert f"{user.display_name} made the archive {link}" in text

    def test_what_changed(self, admin: Client, user: User) -> None:
        archive = make_archive(editor=user)
        before = archive.title
        update_archive(actor=user, archive=archive, title="Renamed")
        text = body(admin, LOG, name="archives.archive.changed")
        assert f'"Before">{before}</td><td data-label="After">Renamed</td>' in text

    def test_a_granted_role_says_to_whom_and_what_before(
        self, admin: Client, user: User, stranger: User
    ) -> None:
        archive = make_archive(editor=user, members={"USER": stranger})
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="UPLOADER")
        text = body(admin, LOG, name="accounts.role.granted")
        assert f"gave {stranger.display_name} the role UPLOADER on" in text
        assert '"Before">USER</td><td data-label="After">UPLOADER</td>' in text

    def test_hostile_titles_stay_text(self, admin: Client, user: User) -> None:
        archive = make_archive(editor=user)
        update_archive(actor=user, archive=archive, title=HOSTILE)
        record("accounts.user.sign_in_refused", obj=None, data={"given": HOSTILE})
        Event.objects.create(name="<b>{actor.password}</b>", data={"<i>": HOSTILE})
        text = body(admin, LOG)
        assert "<script>alert(1)" not in text
        assert "<b>" not in text
        assert "<i>" not in text

    def test_objects_and_people_that_are_gone(self, admin: Client, user: User) -> None:
        archive = make_archive(editor=user)
        pk = str(archive.pk)
        archive.delete()
        user.delete()
        Event.objects.create(name="old.thing.done", object_type="old.thing", object_id="1")
        text = body(admin, LOG)
        assert "A deleted account (" in text
        assert f"archive {pk[:13]}" in text
        assert "The portal (old.thing.done)" in text

    def test_the_state_of_the_seals(self, admin: Client) -> None:
        assert "Nothing is sealed yet" in body(admin, LOG)
        seal()
        sign_head()
        text = body(admin, LOG)
        assert "Sealed up to</dt><dd>event" in text
        assert "not sealed as it should be" not in text

    def test_a_sealer_that_stands_still_is_shown(self, admin: Client) -> None:
        cursor = connection.cursor()
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        Event.objects.update(at=timezone.now() - timedelta(minutes=2))
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only")
        assert "not sealed as it should be" in body(admin, LOG)

    def test_the_menu_leads_there_for_administrators_only(
        self, admin: Client, signed_in: Client
    ) -> None:
        other = Client()
        other.force_login(UserFactory())
        assert f'href="{LOG}"' not in body(other, "/")

    def test_the_menu_leads_administrators_there(self, admin: Client) -> None:
        assert f'href="{LOG}"' in body(admin, "/")


class TestSearch:
    @pytest.fixture
    def events(self, user: User, stranger: User) -> None:
        for number, who in enumerate((user, stranger)):
            Event.objects.create(
                name=("accounts.token.issued", "accounts.token.revoked")[number],
                actor=who,
                object_type="accounts.user",
                object_id=str(who.pk),
                request_id=f"request-{number}",
                address=f"192.0.2.{number}",
                data={"sentinel": f"sentinel-{number}"},
            )

    @pytest.mark.parametrize(
        "query",
        [
            {"name": "accounts.token.issued"},
            {"actor": "{user.username}"},
            {"actor": "{user.email}"},
            {"actor": "{user.pk}"},
            {"actor": "{user.last_name}"},
            {"object_type": "accounts.user", "object_id": "{user.pk}"},
            {"object_id": "{user.pk}"},
            {"request_id": "request-0"},
            {"address": "192.0.2.0"},
            {"name": "accounts.", "address": "192.0.2.0"},
        ],
        ids=str,
    )
    @pytest.mark.usefixtures("events")
    def test_by_each_condition(
        self, admin: Client, user: User, stranger: User, query: dict[str, str]
    ) -> None:
        User.objects.filter(pk=user.pk).update(last_name="Unmistakable")
        user.refresh_from_db()
        given = {name: value.format(user=user) for name, value in query.items()}
        text = body(admin, LOG, **given)
        assert "sentinel-0" in text
        assert "sentinel-1" not in text
        found = admin.get(API, given).json()["results"]
        assert [event["data"] for event in found] == [{"sentinel": "sentinel-0"}]

    @pytest.mark.usefixtures("events")
    def test_by_time(self, admin: Client) -> None:
        hour = timedelta(hours=1)
        past, future = (f"{timezone.now() + by:%Y-%m-%d %H:%M}" for by in (-hour, hour))
        assert "sentinel-0" in body(admin, LOG, since=past, until=future)
        assert "sentinel-0" not in body(admin, LOG, since=future)
        assert "sentinel-0" not in body(admin, LOG, until=past)

    def test_what_cannot_be_understood_is_said(self, admin: Client) -> None:
        assert "Enter a valid date/time" in body(admin, LOG, since="yesterday")
        assert admin.get(API, {"since": "yesterday"}).json()["results"] == []
        assert admin.get("/audit/export.csv", {"since": "yesterday"}).status_code == 404

    @pytest.mark.parametrize("odd", ["\x00", "9" * 40, "-1", "²", "%00", "' OR 1=1 --"])
    def test_odd_values_break_nothing(self, admin: Client, odd: str) -> None:
        for name in ("name", "actor", "object_id", "request_id", "address", "before", "after"):
            assert admin.get(LOG, {name: odd}).status_code == 200, name
            assert admin.get(API, {name: odd}).status_code in (200, 400), name

    def test_nothing_found(self, admin: Client) -> None:
        assert "No events" in body(admin, LOG, address="203.0.113.9")


class TestPaging:
    def test_there_and_back(self, admin: Client) -> None:
        Event.objects.bulk_create(
            Event(name="accounts.user.signed_out", data={"n": f"n-{number}-"})
            for number in range(2 * PAGE + 1)
        )
        query = {"name": "accounts.user.signed_out"}
        first = admin.get(LOG, query)
        assert "n-100-" in first.content.decode()
        older = first.context["page"].older
        second = admin.get(LOG, {**query, "before": older})
        assert "n-50-" in second.content.decode()
        assert "n-51-" not in second.content.decode()
        third = admin.get(LOG, {**query, "before": second.context["page"].older})
        assert "n-0-" in third.content.decode()
        assert not third.context["page"].older
        back = admin.get(LOG, {**query, "after": third.context["page"].newer})
        assert "n-50-" in back.content.decode()
        assert "n-1-" in back.content.decode()

    def test_nothing_is_counted(self, admin: Client) -> None:
        with CaptureQueriesContext(connection) as captured:
            body(admin, LOG)
            admin.get(API)
        counts = [q["sql"] for q in captured.captured_queries if "COUNT(" in q["sql"].upper()]
        assert not [sql for sql in counts if "audit_event" in sql]


class TestExport:
    def test_csv(self, admin: Client, user: User) -> None:
        record("accounts.user.sign_in_refused", obj=user, actor=user, data={"given": "=1+1"})
        response = admin.get("/audit/export.csv", {"actor": user.username})
        text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        (row,) = csv.DictReader(io.StringIO(text))
        assert (row["name"], row["actor"]) == ("accounts.user.sign_in_refused", user.username)
        assert json.loads(row["data"]) == {"given": "=1+1"}

    def test_cells_that_a_spreadsheet_would_run(self, admin: Client) -> None:
        Event.objects.create(name="accounts.user.signed_out", address="=cmd|' /C calc'!A0")
        text = b"".join(admin.get("/audit/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert ",=cmd" not in text

    def test_json_over_many_pieces(self, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "CHUNK", 3)
        for number in range(10):
            record("accounts.user.signed_out", obj=None, data={"number": number})
        response = admin.get("/audit/export.json", {"name": "accounts.user.signed_out"})
        rows = json.loads(b"".join(response.streaming_content))  # type: ignore[attr-defined]
        assert [row["data"]["number"] for row in rows] == list(range(10))
        assert set(rows[0]) == set(exports.FIELDS)

    def test_an_empty_export_is_valid(self, admin: Client) -> None:
        response = admin.get("/audit/export.json", {"address": "203.0.113.9"})
        assert json.loads(b"".join(response.streaming_content)) == []  # type: ignore[attr-defined]

    def test_an_export_is_an_event(self, admin: Client) -> None:
        admin.get("/audit/export.csv", {"address": "192.0.2.1"})
        event = Event.objects.get(name="audit.log.exported")
        assert event.actor is not None
        assert event.actor.username == "root"
        assert event.data == {"format": "csv", "search": {"address": "192.0.2.1"}}

    @pytest.mark.asyncio
    @pytest.mark.django_db(transaction=True)
    async def test_it_streams_without_the_loop_waiting(self) -> None:
        client = AsyncClient()
        await client.aforce_login(await User.objects.acreate(username="root", is_superuser=True))
        response = await client.get("/audit/export.json")
        pieces = [piece async for piece in response.streaming_content]  # type: ignore[attr-defined]
        assert json.loads(b"".join(pieces))[0]["name"] == "accounts.user.signed_in"


class TestHistory:
    def test_who_opened_this_image(self, client: Client, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, cases=1, members={"USER": stranger})
        item = archive.items.get()
        image = item.images[0]
        other = Client()
        other.force_login(stranger)
        other.get(reverse("viewer:open", args=["archive-item", item.pk]))
        other.get(image.files.get(kind="MHA").url)
        client.force_login(user)
        page = reverse("images:detail", args=[image.pk])
        address = history_of("images.image", image.pk)
        assert address in body(client, page)
        text = body(client, address)
        assert f"{stranger.display_name} opened" in text
        assert f"{stranger.display_name} downloaded a file of" in text
        assert address not in body(other, page)
        assert other.get(address).status_code == 404

    def test_an_editor_of_another_archive_sees_nothing_of_it(
        self, client: Client, user: User
    ) -> None:
        image = make_archive(editor=UserFactory(), cases=1, public=True).items.get().images[0]
        make_archive(editor=user, cases=1)
        client.force_login(user)
        assert client.get(history_of("images.image", image.pk)).status_code == 404

    def test_an_archive_tells_of_its_cases_and_those_taken_out(
        self, client: Client, user: User
    ) -> None:
        archive = make_archive(editor=user, cases=2)
        item = archive.items.first()
        assert item is not None
        client.force_login(user)
        client.post(reverse("archives:delete_item", args=[item.pk]))
        text = body(client, history_of("archives.archive", archive.pk))
        assert f"took the case “{item.title}” out of" in text
        assert "made the archive" in text

    def test_managers_see_neither_addresses_nor_requests(self, client: Client, user: User) -> None:
        archive = make_archive(editor=user)
        client.force_login(user)
        response = client.post(
            reverse("archives:edit", args=[archive.pk]),
            {"title": "Renamed"},
            REMOTE_ADDR="192.0.2.77",
        )
        text = body(client, history_of("archives.archive", archive.pk))
        assert "Renamed" in text
        assert "192.0.2.77" not in text
        assert response["X-Request-ID"] not in text

    def test_answers_stay_their_readers(self, client: Client, user: User) -> None:
        study = make_study(editor=user, cases=1)
        client.force_login(user)
        text = body(client, history_of("reader_studies.readerstudy", study.pk))
        assert "made the reader study" in text
        assert "answer" not in text.split("<main", 1)[-1].split("</main", 1)[0]

    def test_older_pages(self, client: Client, user: User) -> None:
        archive = make_archive(editor=user)
        for number in range(PAGE):
            update_archive(actor=user, archive=archive, title=f"Title {number}")
        client.force_login(user)
        first = client.get(history_of("archives.archive", archive.pk))
        older = first.context["page"].older
        text = body(client, history_of("archives.archive", archive.pk), before=older)
        assert "made the archive" in text

    @pytest.mark.parametrize("label", ["accounts.user", "no.such", "audit.event", "x"])
    def test_kinds_without_a_history(self, admin: Client, user: User, label: str) -> None:
        archive = make_archive(editor=user)
        assert admin.get(history_of(label, archive.pk)).status_code == 404


class TestApi:
    def test_administrators_with_a_token(self, client: Client) -> None:
        root = UserFactory(is_superuser=True)
        plain = issue_token(user=root, name="Watcher", areas=["account"]).plain
        answer = client.get(API, headers={"authorization": f"Bearer {plain}"}).json()
        assert [event["name"] for event in answer["results"]] == ["accounts.token.issued"]
        assert answer["results"][0]["actor"] == root.username

    def test_nobody_else(self, signed_in: Client) -> None:
        assert signed_in.get(API).status_code == 404

    def test_pages(self, admin: Client) -> None:
        for _ in range(5):
            record("accounts.user.signed_out", obj=None)
        names, address = [], f"{API}?limit=2&name=accounts.user.signed_out"
        while address:
            answer = admin.get(address).json()
            names += [event["id"] for event in answer["results"]]
            address = answer["next"]
        assert len(names) == 5
        assert names == sorted(names, reverse=True)


class TestReadsAreEvents:
    def test_opening_in_the_viewer(self, client: Client, user: User) -> None:
        item = make_archive(editor=user, cases=1).items.get()
        client.force_login(user)
        for _ in range(2):
            client.get(reverse("viewer:open", args=["archive-item", item.pk]))
        found = Event.objects.filter(name="images.image.opened", object_id=str(item.images[0].pk))
        assert [event.actor for event in found] == [user, user]

    def test_the_answers_of_a_study(self, client: Client, user: User) -> None:
        study = make_study(editor=user, cases=1)
        client.force_login(user)
        client.get(reverse("reader_studies:export", args=[study.pk]))
        assert Event.objects.filter(name="reader_studies.answers.exported", actor=user).exists()

    def test_a_log_and_a_leaderboard(self, client: Client, user: User) -> None:
        algorithm = make_algorithm(editor=user)
        run = make_run(algorithm, creator=user, item=make_archive(cases=1).items.get())
        phase = make_phase(make_challenge(participants=(user,)))
        client.force_login(user)
        client.get(f"/api/v1/algorithms/jobs/{run.job_id}/log/")
        client.get(f"/api/v1/phases/{phase.pk}/leaderboard/")
        read = Event.objects.filter(actor=user).values_list("name", "object_id")
        assert ("algorithms.log.read", str(run.pk)) in read
        assert ("challenges.leaderboard.read", str(phase.pk)) in read
