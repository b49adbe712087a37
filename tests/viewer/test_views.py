"""The viewer's page."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.core.ids import new_id
from app.images.models import Image
from tests.viewer.conftest import OverlaySource
from viewer.models import ViewSession
from viewer.registry import Layer

pytestmark = pytest.mark.django_db


def address(image: Image, source: str = "image") -> str:
    return reverse("viewer:open", args=[source, image.pk])


def test_the_page_names_its_socket(client: Client, reader: User, image: Image) -> None:
    client.force_login(reader)
    page = client.get(address(image))
    text = page.content.decode()
    session = ViewSession.objects.get()
    assert page.status_code == 200
    assert f'data-socket-url="/ws/viewer/{session.pk}/"' in text
    assert 'data-title="Thorax"' in text
    assert f'data-back-url="{reverse("images:detail", args=[image.pk])}"' in text
    assert "<noscript>" in text
    assert "viewer-panel" not in text
    assert "no-store" in page["Cache-Control"]


def test_a_reload_keeps_the_session(client: Client, reader: User, image: Image) -> None:
    client.force_login(reader)
    pages = [client.get(address(image)).content.decode() for _ in range(2)]
    paths = [re.findall(r"/ws/viewer/[0-9a-f-]+/", page) for page in pages]
    assert paths[0] == paths[1]


def test_a_panel_is_loaded_beside_the_picture(
    client: Client, reader: User, image: Image, overlay_source: OverlaySource
) -> None:
    overlay_source.sets[image.pk] = (Layer(image.pk, "Thorax"),)
    overlay_source.readers.add(reader.pk)
    overlay_source.panel_url = "/questions/7/?a=1&b=2"
    client.force_login(reader)
    text = client.get(address(image, overlay_source.key)).content.decode()
    assert 'id="viewer-panel"' in text
    assert 'hx-get="/questions/7/?a=1&amp;b=2"' in text


def test_a_title_is_text(client: Client, reader: User, image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(name='"><script>alert(1)</script>')
    client.force_login(reader)
    assert "<script>alert" not in client.get(address(image)).content.decode()


def test_anonymous_readers_sign_in_first(client: Client, image: Image) -> None:
    page = client.get(address(image))
    assert page.status_code == 302
    assert page["Location"].startswith(reverse("accounts:sign_in"))


def test_a_stranger_finds_nothing(client: Client, stranger: User, image: Image) -> None:
    client.force_login(stranger)
    forbidden = client.get(address(image))
    missing = client.get(reverse("viewer:open", args=["image", new_id()]))
    unknown = client.get(address(image, "unknown"))
    assert [p.status_code for p in (forbidden, missing, unknown)] == [404, 404, 404]
    assert not ViewSession.objects.exists()


def test_opening_is_a_read(client: Client, reader: User, image: Image) -> None:
    client.force_login(reader)
    assert client.post(address(image)).status_code == 405
