"""Three places that answer a signed address, one path to all of them; keys that change."""

from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.core.storage import store_at
from app.delivery import configured
from app.delivery.configured import url_signer, url_verifier
from app.delivery.registry import ServedFile
from app.delivery.services import file_url, folder_cookies, signed_url_for
from config.settings.security import content_security_policy

pytestmark = pytest.mark.django_db
Served = tuple[UUID, ServedFile]


def redirect_of(owner: User, served: Served) -> str:
    client = Client()
    client.force_login(owner)
    answer = client.get(file_url(kind="scans", pk=served[0], filename="x.mha"))
    assert answer.status_code == 302
    return str(answer["Location"])


class TestPlaces:
    @pytest.mark.parametrize(
        ("storage", "domain", "host"),
        [
            ("", "", ""),
            ("", "media.example.org", "media.example.org"),
            ("s3://K:S@store.example.org/b", "", "store.example.org"),
            ("s3://K:S@store.example.org/b?direct=0", "", ""),
            ("s3://K:S@store.example.org/b", "media.example.org", "media.example.org"),
            (
                "s3://K:S@s3.eu-west-1.amazonaws.com/media-files?region=eu-west-1",
                "",
                "media-files.s3.amazonaws.com",
            ),
            (
                "s3://K:S@s3.eu-west-1.amazonaws.com/media-files?region=eu-west-1&accelerate=1",
                "",
                "media-files.s3-accelerate.amazonaws.com",
            ),
        ],
    )
    def test_one_address_leads_to_each(
        self,
        owner: User,
        served: Served,
        settings: Settings,
        storage: str,
        domain: str,
        host: str,
    ) -> None:
        settings.STORAGE_URL = storage or settings.STORAGE_URL
        settings.DELIVERY_DOMAIN = domain
        place = urlsplit(redirect_of(owner, served))
        assert place.netloc in (host, host.replace("s3.", "s3.eu-west-1."))
        assert served[1].key in place.path
        assert "Expires=" in place.query
        assert "Signature=" in place.query

    def test_parts_are_sent_to_the_accelerated_address(
        self,
    ) -> None:
        url = "s3://K:S@s3.eu-west-1.amazonaws.com/media-files?region=eu-west-1&accelerate=1"
        signed = store_at(url).sign_parts("uploads/x", multipart_id="m", numbers=[1], expires_in=60)
        assert urlsplit(signed[1]).netloc == "media-files.s3-accelerate.amazonaws.com"
        policy = content_security_policy(site_url="", storage_url=url, delivery_domain="")
        allowed = policy["DIRECTIVES"]["connect-src"]
        assert "https://media-files.s3-accelerate.amazonaws.com" in allowed


class TestRotation:
    def test_addresses_of_the_old_key_work_until_it_is_taken_away(
        self, served: Served, settings: Settings
    ) -> None:
        keys = Path(settings.HOUNSFIELD_HOME) / "keys"
        before = signed_url_for(served[1].key)
        old = url_signer().key
        pem = old.public().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (keys / f"{old.key_id}.pub.pem").write_bytes(pem)
        (keys / "delivery.pem").unlink()
        self.restart()
        after = signed_url_for(served[1].key)
        assert url_signer().key.key_id != old.key_id
        assert self.statuses(before, after) == [200, 200]
        swapped = after.replace(url_signer().key.key_id, old.key_id)
        assert self.statuses(swapped) == [403]
        (keys / f"{old.key_id}.pub.pem").unlink()
        self.restart()
        assert self.statuses(before, after) == [403, 200]

    @staticmethod
    def restart() -> None:
        """Forget the keys as a new process would."""
        configured._signer.cache_clear()
        configured._verifier.cache_clear()
        url_verifier()

    @staticmethod
    def statuses(*addresses: str) -> list[int]:
        return [
            Client().get(one.removeprefix("http://testserver")).status_code for one in addresses
        ]


class TestCookies:
    def test_a_folder_is_opened_and_nothing_beside_it(self, served: Served) -> None:
        key = served[1].key
        folder = key.rpartition("/")[0]
        client = Client()
        client.cookies.load(folder_cookies(folder))
        assert client.get(f"/files/{key}").getvalue() == b"0123456789"
        part = client.get(f"/files/{key}", headers={"range": "bytes=2-3"})
        assert (part.status_code, part.getvalue()) == (206, b"23")
        for other in ("images/other/x.mha", f"{folder}x/a.mha", "values/a.json"):
            assert client.get(f"/files/{other}").status_code == 403
        assert client.get(f"/files/{key}?method=PUT&max-size=1").status_code == 403
        assert client.post(f"/files/{key}").status_code == 405
        assert Client().get(f"/files/{key}").status_code == 403

    def test_they_end(self, served: Served) -> None:
        key = served[1].key
        client = Client()
        client.cookies.load(folder_cookies(key.rpartition("/")[0], expires_in=-1))
        assert client.get(f"/files/{key}").status_code == 403

    def test_cloudfronts_own(self, served: Served, settings: Settings) -> None:
        settings.DELIVERY_DOMAIN = "media.example.org"
        key = served[1].key
        cookies = folder_cookies(key.rpartition("/")[0])
        address = f"https://media.example.org/{key}"
        assert url_verifier().verify_cookies(address, cookies=cookies).base == address
