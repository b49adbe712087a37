"""Nobody is handed a file that is not theirs: every stored file, every kind, every role."""

import re
from pathlib import Path

import pytest
from django.test import Client

from app.audit.models import Event
from app.challenges.models import GroundTruth
from app.core.storage import get_store
from app.delivery.registry import _policies
from app.execution.models import ContainerImage
from tests.permissions.api_table import TABLE
from tests.permissions.test_table import _address
from tests.permissions.world import ROLES, World, build_world

pytestmark = pytest.mark.django_db
KINDS = (
    *("images", "values", "containers", "container-images", "container_images", "methods"),
    *("ground-truths", "ground_truths", "groundtruths", "truth", "uploads", "instances", "dicom"),
    *("files", "parts", "keys", "jobs", "evaluations", "slices", "thumbnails"),
)
FOLDERS = ("files/", "media/", "static/", "")
WHOLE = {"anonymous", "administrator"}
SHARE = 5
"""Whoever has the least and the most rights asks for everything, the others for a fifth each."""
READERS = {row.path["pk"]: row.ok for row in TABLE if row.route == "delivery:file"}
"""Who reads which image's file, by the table of permissions."""


ROUTES = {
    row.route for row in TABLE if row.route.startswith("api:") and "stream" not in row.route
} - {"api:schema"}


@pytest.fixture
def world(media: Path) -> World:
    found = build_world()
    for truth in GroundTruth.objects.all():
        get_store().put_bytes(b"truth", key=truth.key)
    return found


AVATAR = re.compile(r'<img class="avatar[^>]*>')
"""The picture of a person, which everybody signed in may see."""


def client_of(world: World, role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role != "anonymous":
        client.force_login(world.people[role])
    return client


def stored_keys() -> set[str]:
    """Every object in the store but uploads, whose owners are told their keys."""
    return (
        {
            found.key
            for folder in ("images", "values", "containers", "ground-truths", "truths", "slices")
            for found in get_store().list_objects(folder)
        }
        | set(ContainerImage.objects.values_list("key", flat=True))
        | set(GroundTruth.objects.values_list("key", flat=True))
    )


def test_nothing_but_these_kinds_can_be_asked_for_at_all() -> None:
    assert set(_policies) == {"images", "values", "pictures", "personal-data", "predictions"}


def test_no_kind_of_address_gives_out_what_is_private(world: World) -> None:
    """Containers, ground truth and methods have no address, whoever asks, administrators too."""
    private = [
        *ContainerImage.objects.values_list("pk", flat=True),
        *GroundTruth.objects.values_list("pk", flat=True),
    ]
    assert len(private) > 3
    addresses = [f"/media/{kind}/{pk}/x.tar" for kind in KINDS for pk in private]
    addresses += [f"/{folder}{key}" for key in stored_keys() for folder in FOLDERS]
    for number, role in enumerate(ROLES):
        client = client_of(world, role)
        asked = addresses if role in WHOLE else addresses[number % SHARE :: SHARE]
        for address in asked:
            assert client.get(address).status_code in (403, 404), address


def test_image_files_go_to_their_readers_alone(world: World) -> None:
    for role in ROLES:
        client = client_of(world, role)
        named = {world.things[name]: name for name in world.things if name.endswith("_image_file")}
        assert len(named) >= 5
        for pk, name in named.items():
            answer = client.get(f"/media/images/{pk}/image.mha")
            may = role in READERS[name]
            assert answer.status_code == (302 if may else 404), name
            assert ("Signature=" in answer.get("Location", "")) is may
            given = Event.objects.filter(name="images.file.downloaded", data__file=str(pk))
            assert given.filter(actor=world.people.get(role)).exists() is may
            assert client.get(f"/media/values/{pk}/image.mha").status_code == 404


def test_no_answer_names_a_storage_key(world: World) -> None:
    for role in ROLES:
        client = client_of(world, role)
        keys = stored_keys()
        assert len(keys) > 10
        rows = [row for row in TABLE if row.method == "GET" and row.route in ROUTES]
        assert len(rows) > 40
        seen = 0
        for row in rows:
            answer = client.get(_address(row, role=role, world=world), {"limit": 1000})
            body = answer.getvalue().decode("latin-1")
            assert [key for key in keys if key in body] == [], row
            assert "Signature=" not in AVATAR.sub("", body), row
            assert "X-Amz-" not in body, row
            seen += answer.status_code == 200
        assert seen >= (2 if role == "anonymous" else 20)
