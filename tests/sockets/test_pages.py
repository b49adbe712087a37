import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.sockets.models import LookUpTable, Socket
from app.sockets.schemas import KINDS, SuperKind
from app.sockets.services import create_socket, ensure_socket, json_value
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import make_challenge, make_phase

NO_SEGMENTS = {"segments-TOTAL_FORMS": "0", "segments-INITIAL_FORMS": "0"}


@pytest.fixture
def author(db: None) -> User:
    return UserFactory(username="rosa", verified_at=timezone.now())


@pytest.fixture
def browser(author: User) -> Client:
    return sign_in(Client(), author)


def send(browser: Client, kind: str, **body: str) -> tuple[int, str]:
    address = reverse("sockets:create", args=[kind])
    answer = browser.post(address, {"title": "Mine", **body})
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_made_with_a_title_alone(browser: Client, kind: str) -> None:
    assert browser.get(reverse("sockets:create", args=[kind])).status_code == 200
    choices = {"choices": "Benign\nMalignant\n"} if kind in ("CHOI", "MCHO") else {}
    status, page = send(browser, kind, **choices, **(NO_SEGMENTS if kind == "SEG" else {}))
    assert status == 302, page
    made = Socket.objects.get()
    assert (made.slug, made.kind, made.creator.username) == ("rosa-mine", kind, "rosa")
    shown = browser.get(made.get_absolute_url())
    assert shown.status_code == 200
    assert made.relative_path in shown.content.decode()


def test_choices_become_a_schema(browser: Client) -> None:
    send(browser, "MCHO", choices="Benign\n\nMalignant\nBenign\n", example_value='["Benign"]')
    assert Socket.objects.get().schema == {"items": {"enum": ["Benign", "Malignant"]}}
    status, _ = send(browser, "CHOI", choices="")
    assert (status, Socket.objects.count()) == (200, 1)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("INT", {"example_value": "3.5"}, "must be a whole number"),
        ("MPOI", {"example_value": "{"}, "line 1, column 2"),
        ("POIN", {"default_value": '{"type": "Point"}'}, "is missing"),
        ("JSON", {"schema": '{"pattern": "x"}'}, "is not taken"),
        ("JSON", {"schema": "[1"}, "This is not JSON"),
        ("JSON", {"schema": '{"minimum": NaN}'}, "Not-a-number"),
        ("JSON", {"schema": '{"title": "\\u0000"}'}, "cannot be stored"),
        ("PDF", {"relative_path": "report.txt"}, "ends in “.pdf”"),
        ("INT", {"title": ""}, "This field is required"),
        ("INT", {"title": "???"}, "letters or digits"),
        ("INT", {"relative_path": "../x.json"}, "folders separated by"),
    ],
)
def test_complaints_stand_beside_their_field_and_nothing_typed_is_lost(
    browser: Client, kind: str, body: dict[str, str], words: str
) -> None:
    status, page = send(browser, kind, description="Kept text", **body)
    assert status == 200
    assert words in page
    assert "Kept text" in page
    assert not Socket.objects.exists()


def test_segments_are_typed_row_by_row(browser: Client) -> None:
    rows = {
        "segments-TOTAL_FORMS": "3",
        "segments-INITIAL_FORMS": "0",
        "segments-0-voxel_value": "1",
        "segments-0-name": "Liver",
        "segments-0-color": "#ff0000",
        "segments-0-visible": "on",
        "segments-1-color": "#000000",
        "segments-2-voxel_value": "2",
        "segments-2-name": "Tumor",
    }
    status, page = send(browser, "SEG", more="1", **rows)
    assert status == 200
    assert "segments-5-name" in page
    assert 'value="Liver"' in page
    assert send(browser, "SEG", **(rows | {"segments-2-voxel_value": "1"}))[0] == 200
    assert send(browser, "SEG", **rows)[0] == 302
    assert Socket.objects.get().segments == [
        {"name": "Liver", "voxel_value": 1, "visible": True, "color": "#ff0000"},
        {"name": "Tumor", "voxel_value": 2, "visible": False},
    ]


def test_the_list_is_searched_and_filtered(browser: Client, author: User) -> None:
    create_socket(actor=author, title="Lung age", kind="INT", relative_path="")
    ensure_socket(slug="note", title="Note", kind="STR", relative_path="note.json")
    address = reverse("sockets:list")
    for query, seen, unseen in (
        ("", "Lung age", "nothing"),
        ("?q=rosa-lung", "Lung age", ">Note<"),
        ("?kind=STR", ">Note<", "Lung age"),
        ("?by=me", "Lung age", ">Note<"),
        ("?kind=%00", "Lung age", "nothing"),
    ):
        page = browser.get(address + query).content.decode()
        assert seen in page, query
        assert unseen not in page, query


def test_who_is_not_verified_is_told_how_to_be(user: User) -> None:
    browser = sign_in(Client(), user)
    assert reverse("people:verification") in browser.get(reverse("sockets:list")).content.decode()
    refused = browser.get(reverse("sockets:choose"))
    assert refused.status_code == 404


def test_the_schema_of_a_socket_is_a_file(browser: Client, author: User) -> None:
    socket = create_socket(
        actor=author, title="Score", kind="FLT", relative_path="", schema={"maximum": 1}
    )
    answer = browser.get(reverse("sockets:schema", args=[socket.slug]))
    assert "attachment" in answer["Content-Disposition"]
    assert answer.json()["allOf"][1] == {"maximum": 1}
    picture = ensure_socket(slug="p", title="P", kind="PNG", relative_path="p.png")
    assert browser.get(reverse("sockets:schema", args=[picture.slug])).status_code == 404


def test_a_value_of_nobody_is_not_there(browser: Client) -> None:
    socket = ensure_socket(slug="x", title="X", kind="INT", relative_path="x.json")
    value = json_value(socket=socket, value=3)
    assert browser.get(reverse("sockets:value", args=[value.pk])).status_code == 404
    assert browser.get(f"/sockets/values/{2**70}/value.json").status_code == 404


def test_who_uses_a_socket_is_told_to_whom_may_know(browser: Client, author: User) -> None:
    socket = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    for title, editor in (("Mine", author), ("Hidden", UserFactory())):
        algorithm = make_algorithm(editor=editor, title=title)
        algorithm.interfaces.get().inputs.add(socket)
    challenge = make_challenge(admin=author, title="Open challenge")
    make_phase(challenge, title="Final").outputs.add(socket)
    page = browser.get(socket.get_absolute_url()).content.decode()
    assert ">Mine<" in page
    assert "Hidden" not in page
    assert "Open challenge: Final" in page


class TestApi:
    def post(self, browser: Client, **body: object) -> tuple[int, dict]:
        answer = browser.post(
            "/api/v1/components/interfaces/", json.dumps(body), content_type="application/json"
        )
        return answer.status_code, answer.json()

    def test_makes_sockets(self, browser: Client) -> None:
        status, made = self.post(
            browser,
            title="Mask",
            kind="Segmentation",
            overlay_segments=[{"name": "Liver", "voxel_value": 1}],
        )
        assert status == 201, made
        assert made["slug"] == "rosa-mask"
        assert made["relative_path"] == "images/rosa-mask"
        assert made["overlay_segments"] == [{"name": "Liver", "voxel_value": 1, "visible": True}]
        assert made["look_up_table"] is None

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"kind": "Integer", "default_value": "x"}, "default_value"),
            ({"kind": "Nothing"}, "kind"),
            ({"kind": "Segmentation", "overlay_segments": {"a": 1}}, "segments"),
            ({"kind": "Anything", "schema": {"$ref": "https://example.org"}}, "schema"),
            ({"kind": "Integer", "organization": "nobody"}, "organization"),
            ({"kind": "Integer", "slug": "not-mine"}, "slug"),
        ],
    )
    def test_names_the_field(self, browser: Client, body: dict, field: str) -> None:
        status, problem = self.post(browser, title="Mine", **body)
        assert status == 400
        assert field in json.dumps(problem)
        assert not Socket.objects.exists()

    def test_look_up_tables_have_their_wire_names(self, browser: Client) -> None:
        table = LookUpTable.objects.create(
            slug="hot", title="Hot", color="[0 0 0 0, 255 0 0 100]", alpha="[0 0, 1 100]"
        )
        socket = ensure_socket(
            slug="heat", title="Heat", kind="HMAP", relative_path="images/h", look_up_table=table
        )
        shown = browser.get(f"/api/v1/components/interfaces/{socket.pk}/").json()["look_up_table"]
        assert shown["pk"] == table.pk
        assert shown["color_interpolation"] == "RGB"
        assert set(shown) >= {"slug", "alpha_invert", "range_min", "range_max", "relative"}

    def test_kinds_and_schemas_are_served(self, browser: Client) -> None:
        kinds = browser.get("/api/v1/components/kinds/").json()
        assert {kind["key"] for kind in kinds} == set(KINDS)
        one = browser.get("/api/v1/components/kinds/MPOI/").json()
        assert one["json_schema"]["properties"]["points"]
        assert one["super_kind"] == SuperKind.VALUE
        assert browser.get("/api/v1/components/kinds/NOPE/").status_code == 404
