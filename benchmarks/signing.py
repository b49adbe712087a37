"""How many signed addresses a process issues in a second: ours, botocore's, django-storages'.

All in one run, in turns, so that a busy machine is busy for all. ``python -m benchmarks.signing``
"""

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable, Mapping

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings

from app.delivery.signing import SigningKey, UrlSigner
from benchmarks.record import keep

HOST = "https://media.example.org/"
Sign = Callable[[str], str]


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each signer in each round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    settings.configure(USE_TZ=True)
    rates = measure(signers(), seconds=given.seconds, rounds=given.rounds)
    base = rates["botocore CloudFrontSigner, RSA-2048, key built once"]
    storages = rates["django-storages S3Storage.url, signature v4"]
    keep(
        "signing",
        {
            "addresses_per_second": {name: round(rate) for name, rate in rates.items()},
            "times_botocore_rsa": {name: round(rate / base, 2) for name, rate in rates.items()},
            "times_django_storages": {
                name: round(rate / storages, 2) for name, rate in rates.items()
            },
        },
    )


def signers() -> Mapping[str, Sign]:
    """Return every way to sign by its name; all addresses differ, so no cache helps."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    ours_rsa = UrlSigner(SigningKey(key_id="K", private=rsa_key))
    ours_ec = UrlSigner(SigningKey(key_id="K", private=ec_key))
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)

    def raw_rsa(message: bytes) -> bytes:
        return rsa_key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 -- the format

    def raw_ec(message: bytes) -> bytes:
        return ec_key.sign(message, ec.ECDSA(hashes.SHA1()))  # noqa: S303 -- the format

    their_rsa, their_ec = CloudFrontSigner("K", raw_rsa), CloudFrontSigner("K", raw_ec)
    storages = _storages(rsa_key)
    return {
        "ours, ECDSA P-256": lambda key: ours_ec.sign(HOST + key, expires_in=300),
        "ours, RSA-2048": lambda key: ours_rsa.sign(HOST + key, expires_in=300),
        "botocore CloudFrontSigner, ECDSA P-256, key built once": lambda key: (
            their_ec.generate_presigned_url(HOST + key, date_less_than=expires)
        ),
        "botocore CloudFrontSigner, RSA-2048, key built once": lambda key: (
            their_rsa.generate_presigned_url(HOST + key, date_less_than=expires)
        ),
        **storages,
    }


def _storages(key: rsa.RSAPrivateKey) -> Mapping[str, Sign]:
    from storages.backends.s3 import S3Storage

    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shared = {
        "bucket_name": "media-files",
        "region_name": "eu-west-1",
        "access_key": "K",
        "secret_key": "S",
    }
    bucket = S3Storage(**shared, signature_version="s3v4")
    cloudfront = S3Storage(
        **shared, custom_domain="media.example.org", cloudfront_key_id="K", cloudfront_key=pem
    )
    return {
        "django-storages S3Storage.url, CloudFront, RSA-2048": cloudfront.url,
        "django-storages S3Storage.url, signature v4": bucket.url,
    }


def measure(ways: Mapping[str, Sign], *, seconds: float, rounds: int) -> dict[str, float]:
    """Return the median rate of each way over the rounds."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    serial = 0
    for _ in range(rounds):
        for name, sign in ways.items():
            count, began = 0, time.perf_counter()
            while (took := time.perf_counter() - began) < seconds:
                for _ in range(20):
                    serial += 1
                    sign(f"images/0196f0aa/{serial:012d}.mha")
                count += 20
            found[name].append(count / took)
    return {name: statistics.median(rates) for name, rates in found.items()}


if __name__ == "__main__":
    main()
