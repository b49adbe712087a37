"""The stable address: asks, records, redirects."""

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.audit.models import Event
from app.core.storage import store_at
from app.delivery.registry import ServedFile, register_file_policy
from app.delivery.services import file_url, signed_url_for
from app.delivery.signing import SigningKeyError, UrlVerifier
from tests.servers import s3_server

pytestmark = pytest.mark.django_db
Served = tuple[UUID, ServedFile]


@pytest.fixture
def client(owner: User) -> Client:
    signed_in = Client(raise_request_exception=False)
    signed_in.force_login(owner)
    return signed_in


def url_of(served: Served) -> str:
    return file_url(kind="scans", pk=served[0], filename=served[1].filename)


def test_the_address_ends_with_the_ending(served: Served) -> None:
    assert url_of(served) == f"/media/scans/{served[0]}/Thorax%20(1).mha"


def test_permission_then_audit_then_bytes(client: Client, owner: User, served: Served) -> None:
    answer = client.get(url_of(served))
    assert answer.status_code == 302
    assert "no-store" in answer["Cache-Control"]
    assert answer["Location"].startswith(f"/files/{served[1].key}?")
    event = Event.objects.get(name="images.file.downloaded")
    assert (event.actor_id, event.object_id) == (owner.pk, str(owner.pk))
    assert event.data["file"] == str(served[0])
    file = Client().get(answer["Location"])
    assert file.getvalue() == b"0123456789"
    assert file["Content-Disposition"] == 'attachment; filename="Thorax (1).mha"'


def test_strangers_nobody_and_the_missing_look_alike(
    client: Client, stranger: User, served: Served
) -> None:
    other = Client(raise_request_exception=False)
    other.force_login(stranger)
    answers = [
        other.get(url_of(served)),
        Client(raise_request_exception=False).get(url_of(served)),
        client.get(file_url(kind="scans", pk=uuid4(), filename="x.mha")),
        client.get(file_url(kind="unheard-of", pk=served[0], filename="x.mha")),
        client.get("/media/scans/not-a-key/x.mha"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert Event.objects.filter(name="images.file.downloaded").count() == 0


def test_only_reading(client: Client, served: Served) -> None:
    assert client.post(url_of(served)).status_code == 405
    assert client.head(url_of(served)).status_code == 302


def test_the_name_in_the_address_does_not_rename_the_file(client: Client, served: Served) -> None:
    answer = client.get(file_url(kind="scans", pk=served[0], filename="evil.exe"))
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize("name", ["a/b.mha", "a\nb.mha", "a?b#c%.mha", "胸.mha", "", ".."])
def test_hostile_names_make_addresses_that_lead_here(
    client: Client, served: Served, name: str
) -> None:
    address = file_url(kind="scans", pk=served[0], filename=name)
    assert "\n" not in address
    assert client.get(address).status_code == 302


def test_valid_for_five_minutes_at_most(client: Client, served: Served) -> None:
    query = parse_qs(urlsplit(client.get(url_of(served))["Location"]).query)
    assert 200 < int(query["Expires"][0]) - time.time() <= 300


def test_a_kind_has_one_owner(served: Served) -> None:
    with pytest.raises(RuntimeError, match="already"):
        register_file_policy("scans", lambda user, pk: served[1])


def test_cloudfront(client: Client, served: Served, settings: Settings, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = tmp_path / "cloudfront.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    settings.DELIVERY_DOMAIN = "media.example.org"
    settings.DELIVERY_KEY_ID = "K2JCJMDEHXQW5F"
    settings.DELIVERY_PRIVATE_KEY_FILE = pem
    address = client.get(url_of(served))["Location"]
    assert address.startswith(f"https://media.example.org/{served[1].key}?")
    names = {"response-content-disposition", "response-content-type"}
    verified = UrlVerifier({"K2JCJMDEHXQW5F": key.public_key()}, parameters=names).verify(address)
    assert "Thorax (1).mha" in verified.parameters["response-content-disposition"]


def test_half_a_key_configuration_says_so(served: Served, settings: Settings) -> None:
    settings.DELIVERY_KEY_ID = "K2JCJMDEHXQW5F"
    with pytest.raises(SigningKeyError, match="DELIVERY_PRIVATE_KEY_FILE"):
        signed_url_for(served[1].key)


@pytest.mark.services
@pytest.mark.parametrize("options", ["", "direct=0"])
def test_files_in_a_bucket(
    owner: User, served: Served, settings: Settings, media: Path, options: str
) -> None:
    with s3_server(options=options) as url:
        settings.STORAGE_URL = url
        store_at(url).put_bytes(b"in the bucket", key=served[1].key)
        reader = Client()
        reader.force_login(owner)
        address = reader.get(url_of(served))["Location"]
        if options:
            assert address.startswith("/files/")
            part = Client().get(address, headers={"range": "bytes=7-12"})
            assert (part.status_code, part.getvalue()) == (206, b"bucket")
            assert Client().get(address).getvalue() == b"in the bucket"
        else:
            answer = httpx.get(address)
            assert answer.content == b"in the bucket"
            assert "Thorax (1).mha" in answer.headers["Content-Disposition"]
