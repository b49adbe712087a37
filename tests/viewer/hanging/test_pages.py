"""Pages of hanging protocols, viewer configurations and what uses them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.sockets.services import ensure_socket, json_value
from archives.services import add_item
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.hanging import make_case, make_configuration, make_protocol, verified
from viewer.models import HangingProtocol, ViewerConfiguration, ViewerPreferences

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return verified()


@pytest.fixture
def browser(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestProtocols:
    def test_made_shown_changed_deleted(self, browser: Client) -> None:
        given = {"title": "Two", "description": "", "json": '[{"viewport_name": "main"}]'}
        made = browser.post(reverse("viewer:create_protocol"), given)
        protocol = HangingProtocol.objects.get()
        assert made["Location"] == protocol.get_absolute_url()
        assert "Two" in text(browser.get(protocol.get_absolute_url()))
        assert "Two" in text(browser.get(reverse("viewer:protocols")))
        edit = reverse("viewer:edit_protocol", args=[protocol.pk])
        assert "viewport_name" in text(browser.get(edit))
        changed = {**given, "json": '[{"viewport_name": "main", "label": "T2"}]'}
        assert browser.post(edit, changed).status_code == 302
        protocol.refresh_from_db()
        assert protocol.json[0]["label"] == "T2"
        gone = browser.post(reverse("viewer:delete_protocol", args=[protocol.pk]))
        assert gone.status_code == 302
        assert not HangingProtocol.objects.exists()

    @pytest.mark.parametrize(
        ("json", "words"),
        [
            ("[{", "not JSON"),
            ("[]", "required"),
            ("[{}]", "viewport_name"),
            ('[{"viewport_name": "second"}]', "called"),
            ("", "required"),
        ],
    )
    def test_what_is_wrong_stands_beside_the_field(
        self, browser: Client, json: str, words: str
    ) -> None:
        answer = browser.post(reverse("viewer:create_protocol"), {"title": "T", "json": json})
        assert answer.status_code == 200
        assert words in text(answer)
        assert json.replace('"', "&quot;") in text(answer)

    def test_a_new_one_begins_like_another(self, browser: Client) -> None:
        like = make_protocol("main", "secondary")
        page = text(browser.get(reverse("viewer:create_protocol"), {"like": str(like.pk)}))
        assert "secondary" in page
        assert browser.get(reverse("viewer:create_protocol"), {"like": "x"}).status_code == 200

    def test_readers_look_and_find_no_buttons(self, client: Client) -> None:
        protocol = make_protocol()
        client.force_login(UserFactory())
        page = text(client.get(protocol.get_absolute_url()))
        assert reverse("viewer:edit_protocol", args=[protocol.pk]) not in page
        assert client.get(reverse("viewer:create_protocol")).status_code == 404


class TestConfigurations:
    def test_made_shown_changed_deleted(self, browser: Client) -> None:
        given = {"title": "CT", "window_presets": "Liver: 60 160", "keeps_layout": "on"}
        made = browser.post(reverse("viewer:create_configuration"), given)
        configuration = ViewerConfiguration.objects.get()
        assert made["Location"] == configuration.get_absolute_url()
        assert configuration.settings["window_presets"][0]["width"] == 160
        assert "Liver" in text(browser.get(configuration.get_absolute_url()))
        assert "CT" in text(browser.get(reverse("viewer:configurations")))
        edit = reverse("viewer:edit_configuration", args=[configuration.pk])
        assert "Liver: 60 160" in text(browser.get(edit))
        assert browser.post(edit, {**given, "window_presets": ""}).status_code == 302
        configuration.refresh_from_db()
        assert configuration.settings == {}
        browser.post(reverse("viewer:delete_configuration", args=[configuration.pk]))
        assert not ViewerConfiguration.objects.exists()

    def test_preferences(self, browser: Client, editor: User) -> None:
        address = reverse("viewer:preferences")
        assert browser.get(address).status_code == 200
        assert browser.post(address, {"links": ["zooming"]}).status_code == 302
        found = ViewerPreferences.objects.get(user=editor)
        assert found.settings == {"link_zooming": True, "remember_layout": False}


class TestViewer:
    def test_values_that_are_no_images_come_with_the_page(
        self, browser: Client, editor: User
    ) -> None:
        archive = make_archive(editor=editor)
        chart = ensure_socket(slug="dose", title="Dose", kind="CHART", relative_path="dose.json")
        number = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
        values = [
            json_value(socket=chart, value=chart.socket_kind.example),
            json_value(socket=number, value=61),
            *make_case(archive).values.all(),
        ]
        item = add_item(actor=editor, archive=archive, title="With a chart", values=values)
        page = text(browser.get(f"/view/archive-item/{item.pk}/"))
        assert page.count("<template data-socket=") == 1
        assert '<template data-socket="dose"><div class="socket-value" data-kind="CHART">' in (
            page.replace("\n", "")
        )


class TestViewing:
    def test_an_editor_says_how_cases_hang(self, browser: Client, editor: User) -> None:
        archive = make_archive(editor=editor)
        make_case(archive)
        protocol, other = make_protocol(creator=editor), make_protocol()
        configuration = make_configuration(link_zooming=True)
        address = reverse("viewer:viewing", args=["archive", archive.pk])
        page = text(browser.get(address))
        assert "lesions" in page
        assert address in text(browser.get(reverse("archives:edit", args=[archive.pk])))
        given = {
            "hanging_protocol": protocol.pk,
            "view_content": '{"main": ["t2", "lesions"]}',
            "optional_hanging_protocols": [other.pk],
            "viewer_configuration": configuration.pk,
        }
        assert browser.post(address, given).status_code == 302
        archive.refresh_from_db()
        assert archive.hanging_protocol == protocol
        assert archive.view_content == {"main": ["t2", "lesions"]}
        assert list(archive.optional_hanging_protocols.all()) == [other]
        assert archive.viewer_configuration == configuration

    def test_what_does_not_fit_stands_beside_the_field(self, browser: Client, editor: User) -> None:
        archive = make_archive(editor=editor)
        address = reverse("viewer:viewing", args=["archive", archive.pk])
        answer = browser.post(address, {"view_content": '{"main": ["nothing"]}'})
        assert "There is no socket" in text(answer)

    def test_others_do_not(self, client: Client) -> None:
        archive = make_archive(public=True)
        client.force_login(UserFactory())
        for kind in ("archive", "x"):
            address = reverse("viewer:viewing", args=[kind, archive.pk])
            assert client.get(address).status_code == 404
