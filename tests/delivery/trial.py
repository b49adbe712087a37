"""The trial of signed addresses: a sample of it in every test run, all of it in acceptance."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import override_settings

from app.core.asgi import get_application
from app.core.storage import get_store
from app.delivery.configured import PARAMETERS, url_signer
from app.delivery.signing import SigningKey, UrlVerifier, key_id_of
from app.uploads.asgi import PartReceiver
from tests.delivery.endpoint import Endpoint, check_endpoint, check_verifier
from tests.delivery.mutations import Signed, mutations, signed_requests
from tests.servers import asgi_server

SITE = "http://portal.example.org"
SECRET = b"what nobody without a signature reads"
LIFETIME = 3600


def run_trial(home: Path, *, count: int, seed: int, files: int) -> dict[str, Any]:
    """Mutate ``count`` requests each for the endpoint and the verifier; raise if one passes."""
    with _portal(home) as keys:
        paths = list(_stored(files))
        signed = signed_requests(
            keys, site=SITE, paths=paths, now=int(time.time()), lifetime=LIFETIME
        )
        with asgi_server(PartReceiver(get_application())) as address:
            endpoint = Endpoint(address)
            try:
                by_endpoint = check_endpoint(
                    endpoint,
                    signed=signed,
                    mutated=mutations(signed, count=count, seed=seed),
                    secret=SECRET,
                )
            finally:
                endpoint.close()
        public = {key.key_id: key.public() for key in keys}
        by_verifier = check_verifier(
            UrlVerifier(public, parameters=PARAMETERS),
            site=SITE,
            signed=signed,
            mutated=mutations(signed, count=count, seed=seed + 1, methods=False),
        )
    return {
        "seed": seed,
        "signed_by": sorted({one.made_by for one in signed}),
        "endpoint": by_endpoint,
        "verifier": by_verifier,
    }


@contextmanager
def _portal(home: Path) -> Iterator[list[SigningKey]]:
    """Settings and keys of a portal: it signs with one key and trusts two more, as in rotation."""
    with override_settings(
        HOUNSFIELD_HOME=home,
        STORAGE_URL=(home / "media").as_uri(),
        SITE_URL=SITE,
        DELIVERY_DOMAIN="",
        DELIVERY_KEY_ID="",
        DELIVERY_PRIVATE_KEY_FILE=None,
        DELIVERY_ACCEL_PREFIX="",
    ):
        others = [
            rsa.generate_private_key(public_exponent=65537, key_size=2048),
            ec.generate_private_key(ec.SECP256R1()),
        ]
        (home / "keys").mkdir(parents=True)
        for other in others:
            public = other.public_key()
            pem = public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            (home / "keys" / f"{key_id_of(public)}.pub.pem").write_bytes(pem)
        named = [SigningKey(key_id=key_id_of(one.public_key()), private=one) for one in others]
        modern = SigningKey(key_id=named[1].key_id, private=others[1], hash_name="SHA256")
        yield [url_signer().key, *named, modern]


def _stored(files: int) -> Iterator[str]:
    for number in range(files):
        image, file = UUID(int=number << 64 | 0x7), UUID(int=0xABC << 96 | number)
        key = f"images/{image}/{file}.mha"
        get_store().put_bytes(SECRET + bytes((number,)), key=key)
        yield f"/files/{key}"


__all__ = ["Signed", "run_trial"]
