"""The upload API over HTTP: the protocol, who may use it, and what it refuses."""

import hashlib
import os
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from app.accounts.models import User
from app.audit.models import Event
from app.core.storage import MIN_PART_SIZE, ObjectStore
from app.uploads import registry
from app.uploads.models import UserUpload
from tests.uploads.conftest import ApiClient

pytestmark = pytest.mark.django_db
WIRE = {"pk", "created", "filename", "size", "key", "s3_upload_id", "status", "api_url"}


class TestProtocol:
    def test_a_file_in_three_parts(self, api: ApiClient, store: ObjectStore) -> None:
        bodies = [os.urandom(MIN_PART_SIZE), os.urandom(MIN_PART_SIZE + 1), b"the end"]
        upload = api.start(filename="scan.mha")
        assert set(upload) == WIRE
        assert upload["status"] == "Initialized"
        assert upload["key"] == f"uploads/{upload['pk']}"
        assert upload["api_url"] == f"http://testserver/api/v1/uploads/{upload['pk']}/"
        parts = [api.send(upload, number, bodies[number - 1]) for number in (2, 3, 1)]
        assert parts[2]["ETag"] == f'"{hashlib.md5(bodies[0]).hexdigest()}"'
        done = api.complete(upload, *sorted(parts, key=lambda part: part["PartNumber"]))
        assert done.status_code == 200
        assert done["Content-Type"] == "application/json"
        assert done.json()["status"] == "Completed"
        whole = b"".join(bodies)
        assert done.json()["size"] == len(whole)
        assert b"".join(store.iter_range(upload["key"])) == whole
        row = UserUpload.objects.get(pk=upload["pk"])
        assert (row.state, row.size) == ("COMPLETED", len(whole))
        assert row.sha256 == hashlib.sha256(whole).hexdigest()

    def test_addresses_are_signed_ahead_for_parts_that_never_come(self, api: ApiClient) -> None:
        upload = api.start(filename="small.bin")
        signed = api.sign(upload, 1, 2, 3, 4, 5)
        assert list(signed) == ["1", "2", "3", "4", "5"]
        tag = api.put(signed["1"], b"all of it")["ETag"]
        assert api.complete(upload, {"ETag": tag, "PartNumber": 1}).status_code == 200

    def test_an_empty_file(self, api: ApiClient, store: ObjectStore) -> None:
        upload = api.start(filename="empty")
        assert api.complete(upload).json()["size"] == 0
        assert store.size(upload["key"]) == 0

    def test_resuming_by_the_list_of_parts(self, api: ApiClient) -> None:
        body = os.urandom(MIN_PART_SIZE)
        upload = api.start(filename="scan.mha", size=MIN_PART_SIZE + 3)
        assert api.parts(upload).json()["parts"] == []
        api.send(upload, 1, body)
        listed = api.parts(upload).json()["parts"]
        assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, MIN_PART_SIZE)]
        last = api.send(upload, 2, b"end")
        first = {name: listed[0][name] for name in ("ETag", "PartNumber")}
        assert api.complete(upload, first, last).json()["size"] == MIN_PART_SIZE + 3

    def test_abort_drops_the_parts(self, api: ApiClient, store: ObjectStore) -> None:
        upload = api.start(filename="scan.mha")
        address = api.sign(upload, 1)["1"]
        api.put(address, b"x")
        assert api.abort(upload).json()["status"] == "Aborted"
        assert api.abort(upload).status_code == 200
        assert list(store.list_multiparts("uploads/")) == []
        assert api.put(address, b"x").status_code == 409
        assert api.complete(upload).status_code == 409
        assert not store.exists(upload["key"])

    @pytest.mark.parametrize("finished", [True, False])
    def test_withdrawing_drops_everything(
        self,
        api: ApiClient,
        store: ObjectStore,
        finished: bool,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        upload = api.start(filename="a")
        part = api.send(upload, 1, b"x")
        if finished:
            api.complete(upload, part)
        with django_capture_on_commit_callbacks(execute=True):
            assert api.call("DELETE", f"{upload['pk']}/").status_code == 204
        assert UserUpload.objects.count() == 0
        assert not store.exists(upload["key"])
        assert list(store.list_multiparts("uploads/")) == []

    def test_what_an_application_keeps_is_not_withdrawn(
        self, api: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = api.start(filename="a")
        monkeypatch.setattr(registry, "_keepers", {})
        registry.register_upload_keeper("test", UserUpload.objects.all)
        assert api.call("DELETE", f"{upload['pk']}/").status_code == 409
        assert UserUpload.objects.count() == 1

    def test_completing_again_answers_the_same(self, api: ApiClient) -> None:
        upload = api.start(filename="a")
        part = api.send(upload, 1, b"x")
        assert api.complete(upload, part).json() == api.complete(upload, part).json()

    def test_a_completion_that_was_cut_off_can_be_repeated(
        self, api: ApiClient, store: ObjectStore
    ) -> None:
        upload = api.start(filename="a")
        part = api.send(upload, 1, b"0123456789")
        store.put_bytes(b"0123456789", key=upload["key"])
        store.abort_multipart(upload["key"], multipart_id=upload["s3_upload_id"])
        assert api.complete(upload, part).json()["size"] == 10

    def test_many_files_at_once(self, api: ApiClient, store: ObjectStore) -> None:
        files = [{"filename": f"{n}.dcm", "size": n} for n in range(7)]
        answer = api.call("POST", "batch/", {"files": files})
        assert answer.status_code == 201
        rows = answer.json()["uploads"]
        assert [row["filename"] for row in rows] == [file["filename"] for file in files]
        finished: list[dict[str, Any]] = [{"pk": rows[0]["pk"], "parts": []}]
        for n, row in list(enumerate(rows))[1:]:
            tag = api.put(row["presigned_urls"]["1"], bytes(n))["ETag"]
            finished.append({"pk": row["pk"], "parts": [{"ETag": tag, "PartNumber": 1}]})
        finished[3]["parts"][0]["ETag"] = '"' + "0" * 32 + '"'
        finished.append({"pk": str(uuid4()), "parts": []})
        done = api.call("PATCH", "batch/", {"uploads": finished}).json()["uploads"]
        assert [row.get("size") for row in done] == [0, 1, 2, None, 4, 5, 6, None]
        assert done[3]["problem"]["code"] == "parts-refused"
        assert done[7]["problem"]["code"] == "not-found"
        assert store.size(rows[6]["key"]) == 6

    def test_a_batch_is_started_whole_or_not_at_all(self, api: ApiClient) -> None:
        files = [{"filename": "fine"}, {"filename": "/"}]
        assert api.call("POST", "batch/", {"files": files}).status_code == 400
        assert UserUpload.objects.count() == 0

    def test_the_list_shows_the_users_own(self, api: ApiClient, stranger: User) -> None:
        mine = api.start(filename="mine")
        ApiClient(stranger).start(filename="theirs")
        answer = api.call("GET", "?unknown=1").json()
        assert answer["count"] == 1
        assert answer["results"][0]["pk"] == mine["pk"]

    def test_every_move_is_in_the_audit_log(self, api: ApiClient, owner: User) -> None:
        upload = api.start(filename="a")
        api.complete(upload, api.send(upload, 1, b"x"))
        events = Event.objects.filter(object_id=upload["pk"]).order_by("id")
        assert [(event.name, event.data["after"]) for event in events] == [
            ("uploads.userupload.state_changed", "INITIALIZED"),
            ("uploads.userupload.state_changed", "COMPLETED"),
        ]
        assert {event.actor_id for event in events} == {owner.pk}


class TestAccess:
    def test_other_people_and_nobody(
        self, api: ApiClient, stranger: User, admin_user: User
    ) -> None:
        upload = api.start(filename="secret.mha")
        part = api.send(upload, 1, b"x")
        anonymous = ApiClient(stranger)
        anonymous.django.logout()
        for other, status in (
            (ApiClient(stranger), 404),
            (ApiClient(admin_user), 404),
            (anonymous, 401),
        ):
            calls = [
                other.call("GET", f"{upload['pk']}/"),
                other.call("DELETE", f"{upload['pk']}/"),
                other.parts(upload),
                other.complete(upload, part),
                other.abort(upload),
                other.call(
                    "PATCH",
                    f"{upload['pk']}/{upload['s3_upload_id']}/generate-presigned-urls/",
                    {"part_numbers": [1]},
                ),
            ]
            assert [answer.status_code for answer in calls] == [status] * len(calls)
        batch = {"uploads": [{"pk": upload["pk"], "parts": [part]}]}
        (row,) = ApiClient(stranger).call("PATCH", "batch/", batch).json()["uploads"]
        assert row["problem"]["status"] == 404
        assert UserUpload.objects.get(pk=upload["pk"]).state == "INITIALIZED"

    @pytest.mark.parametrize("pk", ["1", "not-a-key", "00000000-0000-0000-0000-000000000000"])
    def test_unknown_and_malformed_keys(self, api: ApiClient, pk: str) -> None:
        assert api.call("GET", f"{pk}/").status_code == 404

    def test_the_multipart_id_must_be_the_uploads_own(self, api: ApiClient) -> None:
        one, two = api.start(filename="one"), api.start(filename="two")
        mixed = {**one, "s3_upload_id": two["s3_upload_id"]}
        assert api.parts(mixed).status_code == 404
        assert api.abort(mixed).status_code == 404

    def test_a_session_needs_its_csrf_token(self, owner: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)
        answer = client.post(
            "/api/v1/uploads/", data={"filename": "a"}, content_type="application/json"
        )
        assert answer.status_code == 403
        assert UserUpload.objects.count() == 0


class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"filename": ""},
            {"filename": "x" * 256},
            {"filename": "folder/"},
            {"filename": ".."},
            {"filename": "\r\n"},
            {"filename": "a", "size": -1},
            {"filename": ["a"]},
            [],
        ],
    )
    def test_bad_starts(self, api: ApiClient, body: Any) -> None:
        assert api.call("POST", "", body).status_code == 400
        assert UserUpload.objects.count() == 0

    @pytest.mark.parametrize("numbers", [[], [0], [10_001], list(range(1, 102)), ["x"], "1", None])
    def test_bad_part_numbers(self, api: ApiClient, numbers: Any) -> None:
        upload = api.start(filename="a")
        path = f"{upload['pk']}/{upload['s3_upload_id']}/generate-presigned-urls/"
        assert api.call("PATCH", path, {"part_numbers": numbers}).status_code == 400

    def test_wrong_receipts_leave_the_upload_open(self, api: ApiClient) -> None:
        upload = api.start(filename="a")
        part = api.send(upload, 1, b"x")
        for parts in (
            [{**part, "ETag": "0" * 32}],
            [part, {**part, "PartNumber": 2}],
            [part, part],
        ):
            assert api.complete(upload, *parts).status_code == 400
        assert api.complete(upload, part).status_code == 200

    @pytest.mark.parametrize("body", [{}, {"parts": None}, {"parts": [{}]}, {"parts": [[]]}])
    def test_malformed_receipts(self, api: ApiClient, body: Any) -> None:
        upload = api.start(filename="a")
        path = f"{upload['pk']}/{upload['s3_upload_id']}/complete-multipart-upload/"
        assert api.call("PATCH", path, body).status_code == 400

    def test_a_small_part_in_the_middle(self, api: ApiClient) -> None:
        upload = api.start(filename="a")
        parts = [api.send(upload, number, b"small") for number in (1, 2)]
        answer = api.complete(upload, *parts)
        assert answer.status_code == 400
        assert "5 MiB" in answer.json()["detail"]


class TestQuota:
    def test_announced_sizes_are_refused_early(self, api: ApiClient, settings: Settings) -> None:
        settings.UPLOAD_QUOTA_BYTES = 1000
        api.start(filename="fits", size=600)
        answer = api.call("POST", "", {"filename": "does not", "size": 401})
        assert answer.status_code == 403
        assert answer.json()["code"] == "upload-quota-reached"
        assert answer.json()["non_field_errors"]
        api.start(filename="fits too", size=400)

    def test_unannounced_sizes_are_refused_while_they_arrive(
        self, api: ApiClient, settings: Settings
    ) -> None:
        settings.UPLOAD_QUOTA_BYTES = 1000
        upload = api.start(filename="liar", size=1)
        api.send(upload, 1, bytes(1001))
        path = f"{upload['pk']}/{upload['s3_upload_id']}/generate-presigned-urls/"
        assert api.call("PATCH", path, {"part_numbers": [2]}).status_code == 403

    def test_what_does_not_fit_in_the_end_is_not_kept(
        self,
        api: ApiClient,
        settings: Settings,
        store: ObjectStore,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        settings.UPLOAD_QUOTA_BYTES = 1000
        upload = api.start(filename="liar", size=1)
        part = api.send(upload, 1, bytes(1001))
        with django_capture_on_commit_callbacks(execute=True):
            assert api.complete(upload, part).status_code == 403
        assert not store.exists(upload["key"])
        assert UserUpload.objects.count() == 0
        api.start(filename="next", size=1000)

    def test_aborting_makes_room(self, api: ApiClient, settings: Settings) -> None:
        settings.UPLOAD_QUOTA_BYTES = 1000
        upload = api.start(filename="a", size=1000)
        assert api.call("POST", "", {"filename": "b"}).status_code == 403
        api.abort(upload)
        api.start(filename="b", size=1000)

    def test_other_peoples_uploads_do_not_count(
        self, api: ApiClient, settings: Settings, stranger: User
    ) -> None:
        settings.UPLOAD_QUOTA_BYTES = 1000
        ApiClient(stranger).start(filename="a", size=1000)
        api.start(filename="b", size=1000)

    def test_people_who_were_not_verified_have_less(
        self, api: ApiClient, settings: Settings, owner: User
    ) -> None:
        settings.UPLOAD_QUOTA_BYTES, settings.UPLOAD_QUOTA_UNVERIFIED_BYTES = 1000, 500
        answer = api.call("POST", "", {"filename": "a", "size": 501})
        assert answer.status_code == 403
        assert answer.json()["limit"] == 500
        assert "verified" in answer.json()["advice"]
        User.objects.filter(pk=owner.pk).update(verified_at=timezone.now())
        api.start(filename="a", size=501)
        refused = api.call("POST", "", {"filename": "b", "size": 500}).json()
        assert refused["limit"] == 1000
        assert "verified" not in refused["advice"]

    def test_the_lower_limit_never_is_the_higher(self, api: ApiClient, settings: Settings) -> None:
        settings.UPLOAD_QUOTA_BYTES, settings.UPLOAD_QUOTA_UNVERIFIED_BYTES = 500, 1000
        assert api.call("POST", "", {"filename": "a", "size": 501}).status_code == 403

    def test_too_many_at_once(self, api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.uploads.services.quota.MAX_LIVE", 2)
        api.start(filename="a")
        api.start(filename="b")
        answer = api.call("POST", "", {"filename": "c"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "too-many-uploads"
