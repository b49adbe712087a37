"""Hanging protocols, configurations and what uses them over the API."""

from typing import Any

import pytest
from django.test import Client

from app.accounts.models import Token, User
from app.accounts.services import issue_token
from archives.models import Archive
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.hanging import make_case, make_configuration, make_protocol, verified
from tests.factories.studies import make_study
from viewer.models import HangingProtocol, RememberedLayout
from viewer.services import change_viewing, open_session

pytestmark = pytest.mark.django_db
API = "/api/v1"
ONE = [{"viewport_name": "main"}]


@pytest.fixture
def editor() -> User:
    return verified()


@pytest.fixture
def browser(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def archive(editor: User) -> Archive:
    archive = make_archive(editor=editor)
    make_case(archive)
    return archive


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(
        method, f"{API}/{path}", b"" if body is None else _json(body), "application/json"
    )


def _json(body: Any) -> bytes:
    from json import dumps

    return dumps(body).encode()


class TestProtocols:
    def test_made_changed_listed_deleted(self, browser: Client) -> None:
        made = send(browser, "POST", "hanging-protocols/", {"title": "Two", "json": ONE})
        assert made.status_code == 201
        said = made.json()
        assert (said["title"], said["slug"], said["json"]) == ("Two", "two", ONE)
        assert said["svg_icon"].startswith("<svg ")
        path = f"hanging-protocols/{said['pk']}/"
        two = [*ONE, {"viewport_name": "secondary", "orientation": "coronal"}]
        changed = send(browser, "PATCH", path, {"json": two})
        assert changed.json()["json"] == two
        assert changed.json()["title"] == "Two"
        listed = send(browser, "GET", "hanging-protocols/?slug=two").json()
        assert [one["pk"] for one in listed["results"]] == [said["pk"]]
        assert send(browser, "DELETE", path).status_code == 204
        assert send(browser, "GET", path).status_code == 404

    def test_what_is_wrong_is_said(self, browser: Client) -> None:
        answer = send(browser, "POST", "hanging-protocols/", {"title": "T", "json": [{}]})
        assert answer.status_code == 400
        assert "viewport_name" in str(answer.json())

    @pytest.mark.parametrize("json", [None, 7, "x", [[[[]]]], [{"viewport_name": {"a": 1}}]])
    def test_nonsense_is_refused(self, browser: Client, json: Any) -> None:
        answer = send(browser, "POST", "hanging-protocols/", {"title": "T", "json": json})
        assert answer.status_code == 400

    def test_others_see_it_and_do_not_change_it(self, editor: User) -> None:
        protocol = make_protocol(creator=editor)
        stranger = Client()
        stranger.force_login(verified())
        path = f"hanging-protocols/{protocol.pk}/"
        assert send(stranger, "GET", path).status_code == 200
        assert send(stranger, "PATCH", path, {"title": "Mine"}).status_code == 404
        assert send(stranger, "DELETE", path).status_code == 404

    def test_the_schema_is_there_for_programs(self, browser: Client) -> None:
        schema = send(browser, "GET", "hanging-protocols/schema/").json()
        assert schema["type"] == "array"


class TestViewing:
    def test_chosen_and_told(self, browser: Client, editor: User, archive: Archive) -> None:
        protocol, other = make_protocol(creator=editor), make_protocol()
        path = f"viewing/archive/{archive.pk}/"
        given = {
            "hanging_protocol": str(protocol.pk),
            "optional_hanging_protocols": [str(other.pk)],
            "view_content": {"main": ["t2", "lesions"]},
            "viewer_configuration": str(make_configuration(link_zooming=True).pk),
        }
        answer = send(browser, "PATCH", path, given)
        assert answer.status_code == 200, answer.content
        said = send(browser, "GET", path).json()
        assert said == answer.json()
        assert said["hanging_protocol"]["pk"] == str(protocol.pk)
        assert [one["pk"] for one in said["optional_hanging_protocols"]] == [str(other.pk)]
        assert said["view_content"] == given["view_content"]
        config = browser.get(said["viewer_configuration"]).json()
        assert config["link_zooming"] is True
        cleared = send(browser, "PATCH", path, {"hanging_protocol": None}).json()
        assert cleared["hanging_protocol"] is None
        assert cleared["view_content"] == given["view_content"]

    def test_nothing_that_is_deeply_nested_or_endless(
        self, browser: Client, archive: Archive
    ) -> None:
        path = f"viewing/archive/{archive.pk}/"
        for content in ({"main": ["a\x00"]}, {"main": [f"s{n}" for n in range(10_000)]}, [], 3):
            answer = send(browser, "PATCH", path, {"view_content": content})
            assert answer.status_code == 400, answer.content

    def test_items_tell_it_in_the_words_of_the_contract(
        self, browser: Client, editor: User, archive: Archive
    ) -> None:
        protocol = make_protocol(creator=editor)
        change_viewing(
            actor=editor,
            target=archive,
            hanging_protocol=protocol,
            optional_hanging_protocols=[],
            view_content={"main": ["adc"]},
            viewer_configuration=None,
        )
        (item,) = send(browser, "GET", "archives/items/").json()["results"]
        assert item["hanging_protocol"] == {
            "json": ONE,
            "title": protocol.title,
            "pk": str(protocol.pk),
            "svg_icon": protocol.svg_icon,
        }
        assert item["optional_hanging_protocols"] == []
        assert item["view_content"] == {"main": ["adc"]}

    def test_display_sets_tell_that_of_their_study(
        self, browser: Client, editor: User, archive: Archive
    ) -> None:
        study = make_study(editor=editor, archive=archive)
        protocol = make_protocol(creator=editor)
        path = f"viewing/reader-study/{study.pk}/"
        assert (
            send(browser, "PATCH", path, {"hanging_protocol": str(protocol.pk)}).status_code == 200
        )
        (case,) = send(browser, "GET", "reader-studies/display-sets/").json()["results"]
        assert case["hanging_protocol"]["pk"] == str(protocol.pk)

    @pytest.mark.parametrize("kind", ["archive", "reader-study", "algorithm", "phase", "nothing"])
    def test_missing_and_unknown_look_the_same(self, browser: Client, kind: str) -> None:
        missing = "00000000-0000-7000-8000-000000000000"
        assert send(browser, "GET", f"viewing/{kind}/{missing}/").status_code == 404

    def test_whoever_only_looks_changes_nothing(self, client: Client, archive: Archive) -> None:
        archive.public = True
        archive.save()
        client.force_login(UserFactory())
        path = f"viewing/archive/{archive.pk}/"
        assert send(client, "GET", path).status_code == 200
        assert send(client, "PATCH", path, {"view_content": {}}).status_code == 404

    def test_a_token_needs_the_area_of_the_object(self, editor: User, archive: Archive) -> None:
        path = f"{API}/viewing/archive/{archive.pk}/"
        for areas, status in ((["archives"], 200), (["images"], 403), ([], 200)):
            token = issue_token(
                user=editor, name="script", access=Token.Access.READ, areas=areas
            ).plain
            headers = {"Authorization": f"Bearer {token}"}
            assert Client().get(path, headers=headers).status_code == status


class TestLayout:
    layout: dict[str, Any] = {
        "protocol": None,
        "offered": None,
        "rows": 1,
        "columns": 2,
        "panes": [
            {"socket": "t2", "orientation": "axial"},
            {"socket": None, "orientation": "stored"},
        ],
    }

    def test_remembered_and_forgotten(
        self, browser: Client, editor: User, archive: Archive
    ) -> None:
        item = archive.items.get()
        session, _ = open_session(user=editor, source="archive-item", pk=item.pk)
        path = f"workstations/sessions/{session.pk}/layout/"
        assert send(browser, "PUT", path, {"layout": self.layout}).status_code == 204
        assert RememberedLayout.objects.get().layout == self.layout
        page = browser.get(f"/view/archive-item/{item.pk}/").content.decode()
        assert '"columns": 2' in page
        assert send(browser, "DELETE", path).status_code == 204
        assert not RememberedLayout.objects.exists()

    def test_a_single_image_has_none(self, browser: Client, editor: User, archive: Archive) -> None:
        image = archive.items.get().images[0]
        session, _ = open_session(user=editor, source="image", pk=image.pk)
        path = f"workstations/sessions/{session.pk}/layout/"
        assert send(browser, "PUT", path, {"layout": self.layout}).status_code == 404

    def test_it_is_the_readers_own(self, client: Client, editor: User, archive: Archive) -> None:
        item = archive.items.get()
        session, _ = open_session(user=editor, source="archive-item", pk=item.pk)
        client.force_login(UserFactory())
        path = f"workstations/sessions/{session.pk}/layout/"
        assert send(client, "PUT", path, {"layout": self.layout}).status_code == 404


class TestConfigurations:
    def test_all_fields_of_the_public_contract_are_told(self, browser: Client) -> None:
        given = {
            "title": "CT",
            "settings": {
                "default_orientation": "C",
                "window_presets": [{"title": "Liver", "center": 60, "width": 160}],
                "default_window_preset": "Liver",
                "show_flip_tool": False,
                "enable_contrast_enhancement": True,
            },
        }
        made = send(browser, "POST", "workstations/configs/", given)
        assert made.status_code == 201, made.content
        (said,) = send(browser, "GET", "workstations/configs/").json()["results"]
        assert said["default_orientation"] == "Coronal"
        assert said["window_presets"][0]["center"] == 60
        assert said["default_window_preset"]["title"] == "Liver"
        assert (said["show_flip_tool"], said["show_reset_tool"]) == (False, True)
        assert said["enabled_preprocessors"] == ["contrast_enhanced"]
        assert said["overlay_luts"] == []
        assert said["settings"] == given["settings"]
        path = f"workstations/configs/{said['pk']}/"
        assert send(browser, "PATCH", path, {"settings": {}}).json()["settings"] == {}
        assert send(browser, "DELETE", path).status_code == 204

    def test_preferences(self, browser: Client) -> None:
        path = "workstations/preferences/"
        assert send(browser, "GET", path).json() == {"settings": {}}
        saved = send(browser, "PUT", path, {"settings": {"link_zooming": True}})
        assert saved.json() == {"settings": {"link_zooming": True}}
        assert send(browser, "PUT", path, {"settings": {"link_zooming": 1}}).status_code == 400
        assert send(browser, "GET", path).json() == saved.json()


def test_titles_and_labels_cannot_break_out_of_the_page(browser: Client, archive: Archive) -> None:
    protocol = HangingProtocol.objects.create(
        title="</script><script>alert(1)</script>", slug="x", json=ONE
    )
    send(browser, "PATCH", f"viewing/archive/{archive.pk}/", {"hanging_protocol": str(protocol.pk)})
    page = browser.get(f"/view/archive-item/{archive.items.get().pk}/").content.decode()
    assert "<script>alert" not in page
    assert "\\u003C/script\\u003E" in page
