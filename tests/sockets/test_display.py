import pytest
from django.template import Context, Template

from app.sockets.display import MOST_ROWS, shown_data
from app.sockets.models import SocketValue
from app.sockets.schemas import KINDS, SuperKind, get_kind
from app.sockets.services import ensure_socket, file_value, image_value, json_value
from tests.factories.images import make_image

TEMPLATE = Template("{% load sockets %}{% socket_value value %}")


def drawn(value: SocketValue) -> str:
    return TEMPLATE.render(Context({"value": value}))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.super_kind is SuperKind.VALUE]
)
def test_every_json_kind_is_drawn(db: None, kind) -> None:
    socket = ensure_socket(slug="x", title="X", kind=kind.key, relative_path="x.json")
    page = drawn(json_value(socket=socket, value=kind.example))
    assert f'data-kind="{kind.key}"' in page
    assert "value-text" in page or "<table" in page or "value-items" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("DIST", "65.7 mm"),
        ("3ANG", "°"),
        ("2DBB", "61.1 × 75.8 mm"),
        ("POIN", "(152.1, 111, 0.5)"),
        ("MPOI", "Finding 2"),
        ("POIN", "92%"),
        ("ATRG", "12.5"),
        ("ELLI", "67.9 × 34.7 mm"),
        ("ANGL", "45.0°"),
    ],
)
def test_geometry_is_measured(db: None, kind: str, words: str) -> None:
    socket = ensure_socket(slug="x", title="X", kind=kind, relative_path="x.json")
    assert words in drawn(json_value(socket=socket, value=get_kind(kind).example))


def test_what_is_drawn_is_bounded() -> None:
    shown = shown_data([{"a": n} for n in range(1000)], kind=get_kind("JSON"))
    assert shown.table is not None
    assert len(shown.table.rows) == MOST_ROWS
    assert shown.table.left_out == 1000 - MOST_ROWS
    named = shown_data([{"x" * 1000: 1}], kind=get_kind("JSON"))
    assert named.table is not None
    assert [len(head) for head in named.table.heads] == [200]
    nested = shown_data({"a": [["x" * 1000] * 1000]}, kind=get_kind("JSON"))
    assert nested.table is not None
    assert len(nested.table.rows[0][1]) <= 200


def test_markup_in_values_stays_text(db: None) -> None:
    socket = ensure_socket(slug="x", title="X", kind="JSON", relative_path="x.json")
    page = drawn(json_value(socket=socket, value={"<script>": "<img src=x onerror=alert(1)>"}))
    assert "<script" not in page
    assert "<img" not in page


def test_an_old_value_that_no_longer_fits_is_still_drawn() -> None:
    shown = shown_data({"type": "Point", "point": "there"}, kind=get_kind("POIN"))
    assert shown.table is not None


def test_files_and_images(db: None) -> None:
    picture = ensure_socket(slug="p", title="P", kind="PNG", relative_path="p.png")
    key = "values/019abcde-0000-7000-8000-000000000000.png"
    page = drawn(file_value(socket=picture, file_key=key, file_size=1234))
    assert "<img" in page
    assert "1.23 kB" in page
    scan = ensure_socket(slug="s", title="S", kind="IMG", relative_path="images/s")
    page = drawn(image_value(socket=scan, image=make_image(name="Thorax 7")))
    assert "Thorax 7" in page
