"""Archives and their items over the API."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from app.accounts.models import User
from app.images.models import Import
from app.images.services import run_import
from app.sockets.models import Socket
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket
from app.uploads.models import UserUpload
from archives.models import ArchiveItem
from tests.api.conftest import Api
from tests.factories.archives import make_archive, make_item
from tests.factories.images import make_image, make_upload

pytestmark = pytest.mark.django_db
EMPTY = {
    "value": None,
    "file": None,
    "image": None,
    "upload_session": None,
    "user_upload": None,
    "user_uploads": None,
    "image_name": None,
}


def given(socket: Socket, **source: Any) -> dict[str, Any]:
    return {"interface": socket.slug, **EMPTY, **source}


def link(upload: UserUpload) -> str:
    return f"http://testserver/api/v1/uploads/{upload.pk}/"


@pytest.fixture
def number(db: None) -> Socket:
    return ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")


@pytest.fixture
def report(db: None) -> Socket:
    return ensure_socket(slug="report", title="Report", kind="PDF", relative_path="r/report.pdf")


class TestArchives:
    def test_made_found_by_slug_and_changed(self, api: Api, other: Api) -> None:
        made = api.post("archives/", {"title": "Chest CT"})
        assert made["slug"] == "chest-ct"
        assert made["logo"].startswith("http://testserver/static/")
        assert api.get("archives/?slug=chest-ct&unknown=1")["results"] == [made]
        assert api.get("archives/?slug=other")["count"] == 0
        assert api.get(made["api_url"]) == made
        changed = api.patch(made["api_url"], {"description": "Low dose"})
        assert (changed["description"], changed["title"]) == ("Low dose", "Chest CT")
        assert other.get("archives/")["count"] == 0
        assert other.get(made["api_url"], status=404)["code"] == "not-found"
        other.patch(made["api_url"], {"title": "Mine"}, status=404)

    @pytest.mark.parametrize("key", ["nothing", "1", "%00", "00000000-0000-0000-0000-000000000000"])
    def test_keys_that_lead_nowhere(self, api: Api, key: str) -> None:
        for path in ("archives", "archives/items", "cases/images", "components/interfaces"):
            api.get(f"{path}/{key}/", status=404)

    def test_pages(self, api: Api, user: User) -> None:
        for _ in range(3):
            make_archive(editor=user)
        seen = [api.get(f"archives/?limit=2&offset={n}")["results"] for n in (0, 2, 4)]
        assert [len(page) for page in seen] == [2, 1, 0]
        assert api.get("archives/?offset=99999999999999999999999")["results"] == []
        assert len(api.get("archives/?limit=0&offset=-1")["results"]) == 3
        names = [row["title"] for row in api.get("archives/?ordering=-title")["results"]]
        assert names == sorted(names, reverse=True)

    def test_deleting_is_not_offered(self, api: Api) -> None:
        made = api.post("archives/", {"title": "A"})
        assert api.call("DELETE", made["api_url"]).status_code == 405
        assert api.call("PUT", made["api_url"], {"title": "B"}).status_code == 405

    def test_has_it_changed(self, api: Api) -> None:
        made = api.post("archives/", {"title": "A"})
        first = api.call("GET", made["api_url"])
        again = api.call("GET", made["api_url"], **{"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        api.patch(made["api_url"], {"title": "B"})
        changed = api.call("GET", made["api_url"], **{"if-none-match": first["ETag"]})
        assert changed.status_code == 200

    @pytest.mark.parametrize(
        "body", [{}, [], "x", None, {"title": "\x00"}, {"title": "\ud800"}, {"title": "x" * 201}]
    )
    def test_bodies_that_cannot_be_taken(self, api: Api, body: Any) -> None:
        api.post("archives/", body, status=400)


class TestItems:
    def test_values_of_all_kinds(
        self, api: Api, user: User, number: Socket, report: Socket
    ) -> None:
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"]})
        assert (item["archive"], item["values"]) == (archive["api_url"], [])
        image = make_image(owner=user)
        pdf = make_upload(owner=user, content=b"%PDF-1.7\n%%EOF\n", filename="a.pdf")
        values = [
            given(number, value=63),
            given(report, user_upload=link(pdf)),
            given(
                medical_image_socket(), image=f"http://testserver/api/v1/cases/images/{image.pk}/"
            ),
        ]
        answered = api.patch(f"archives/items/{item['pk']}/", {"values": values})["values"]
        assert {value["interface"] for value in answered} == {"age", "report", "medical-image"}
        shown = api.get(f"archives/items/{item['pk']}/")["values"]
        by_slug = {value["socket"]["slug"]: value for value in shown}
        assert by_slug["age"]["value"] == 63
        assert by_slug["age"]["socket"] == by_slug["age"]["interface"]
        assert by_slug["age"]["socket"]["super_kind"] == "Value"
        assert by_slug["report"]["file"].endswith("/report.pdf")
        moved = api.call("GET", by_slug["report"]["file"])
        assert b"".join(api.client.get(moved["Location"]).streaming_content).startswith(b"%PDF-")
        seen = api.get(by_slug["medical-image"]["image"])
        assert seen["shape"] == [4, 6, 5]
        assert seen["files"][0]["file"].endswith(".mha")

    def test_patch_keeps_and_put_drops(self, api: Api, number: Socket) -> None:
        other = ensure_socket(slug="note", title="Note", kind="STR", relative_path="note.json")
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"], "title": "One"})
        path = f"archives/items/{item['pk']}/"

        def held() -> dict[str, Any]:
            return {v["socket"]["slug"]: v["value"] for v in api.get(path)["values"]}

        api.patch(path, {"values": [given(number, value=1)]})
        api.patch(path, {"values": [given(other, value="x")]})
        api.patch(path, {"values": []})
        api.patch(path, {"title": "Two"})
        api.patch(path, {"values": [given(number, value=2)]})
        assert held() == {"age": 2, "note": "x"}
        assert api.get(path)["title"] == "Two"
        api.put(path, {"values": [given(number, value=3)]})
        assert held() == {"age": 3}

    def test_uploads_become_an_image(
        self,
        api: Api,
        user: User,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"]})
        value = given(medical_image_socket(), user_uploads=[link(make_upload(owner=user))])
        api.patch(f"archives/items/{item['pk']}/", {"values": [value]})
        source = Import.objects.get()
        session = api.get(f"cases/upload-sessions/{source.pk}/")
        assert (session["status"], len(session["uploads"])) == ("Queued", 1)
        run_import(source.pk)
        shown = api.get(f"archives/items/{item['pk']}/")["values"]
        assert [v["socket"]["slug"] for v in shown] == ["medical-image"]
        session = api.get(f"cases/upload-sessions/{source.pk}/")
        assert session["status"] == "Succeeded"
        assert session["image_set"] == [shown[0]["image"]]
        found = api.get(f"cases/images/?archive={archive['pk']}")
        assert [image["api_url"] for image in found["results"]] == [shown[0]["image"]]

    def test_files_that_make_two_images_fail_with_the_reason(self, api: Api, user: User) -> None:
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"]})
        uploads = [link(make_upload(owner=user, filename=f"{n}.mha")) for n in range(2)]
        value = given(medical_image_socket(), user_uploads=uploads)
        api.patch(f"archives/items/{item['pk']}/", {"values": [value]})
        source = Import.objects.get()
        run_import(source.pk)
        session = api.get(f"cases/upload-sessions/{source.pk}/")
        assert session["status"] == "Failed"
        assert "2 images" in session["error_message"]
        assert api.get(f"archives/items/{item['pk']}/")["values"] == []

    @pytest.mark.parametrize(
        "value",
        [
            {"interface": "age"},
            {"interface": "age", "value": "old"},
            {"interface": "age", "value": 1, "image": "http://testserver/api/v1/cases/images/x/"},
            {"interface": "nothing", "value": 1},
            {"interface": "age", "image_name": "x", "value": 1},
            {"interface": "age", "upload_session": "x"},
            {"interface": "age", "user_uploads": []},
            {"interface": "age", "value": {"a": "\x00"}},
            {"value": 1},
            7,
        ],
    )
    @pytest.mark.usefixtures("number")
    def test_values_that_cannot_be_taken(self, api: Api, value: Any) -> None:
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"]})
        problem = api.patch(f"archives/items/{item['pk']}/", {"values": [value]}, status=400)
        assert problem["fields"]

    def test_other_peoples_things_are_not_taken(
        self, api: Api, stranger: User, number: Socket
    ) -> None:
        archive = api.post("archives/", {"title": "A"})
        item = api.post("archives/items/", {"archive": archive["api_url"]})
        path = f"archives/items/{item['pk']}/"
        image = make_image(owner=stranger)
        upload = make_upload(owner=stranger)
        socket = medical_image_socket()
        stolen = [
            given(socket, image=f"/api/v1/cases/images/{image.pk}/"),
            given(socket, user_uploads=[link(upload)]),
        ]
        for value in stolen:
            api.patch(path, {"values": [value]}, status=400)
        theirs = make_archive(editor=stranger, cases=1)
        api.post("archives/items/", {"archive": f"/api/v1/archives/{theirs.pk}/"}, status=404)
        foreign = ArchiveItem.objects.get(archive=theirs)
        api.patch(f"archives/items/{foreign.pk}/", {"title": "x"}, status=404)
        api.get(f"archives/items/{foreign.pk}/", status=404)

    def test_readers_of_an_archive_do_not_change_it(
        self, api: Api, user: User, stranger: User
    ) -> None:
        archive = make_archive(editor=stranger, members={"USER": user})
        item = make_item(archive)
        api.get(f"archives/items/{item.pk}/")
        api.patch(f"archives/items/{item.pk}/", {"title": "x"}, status=404)

    def test_lists_ask_the_database_a_fixed_number_of_times(
        self, api: Api, user: User, django_assert_max_num_queries: Any
    ) -> None:
        make_archive(editor=user, cases=8)
        with django_assert_max_num_queries(8):
            assert api.get("archives/items/")["count"] == 8
        with django_assert_max_num_queries(8):
            assert len(api.get("cases/images/")["results"]) == 8
