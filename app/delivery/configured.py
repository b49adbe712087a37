"""The signer and the verifier that the settings describe, made once per process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from app.delivery.signing import (
    SigningKey,
    SigningKeyError,
    UrlSigner,
    UrlVerifier,
    ensure_key_pair,
    load_private_key,
    load_public_keys,
)

# What our own endpoint understands beside the signature; anything else is refused.
PARAMETERS = frozenset(
    {"response-content-disposition", "response-content-type", "method", "max-size"}
)


def url_signer() -> UrlSigner:
    """Return the signer for file addresses."""
    return _signer(settings.DELIVERY_KEY_ID, _key_file(), _key_folder())


def url_verifier() -> UrlVerifier:
    """Return the verifier: it trusts the signing key and every ``<id>.pub.pem`` beside it."""
    return _verifier(settings.DELIVERY_KEY_ID, _key_file(), _key_folder())


def _key_folder() -> Path:
    return Path(settings.HOUNSFIELD_HOME) / "keys"


def _key_file() -> Path | None:
    return Path(settings.DELIVERY_PRIVATE_KEY_FILE) if settings.DELIVERY_PRIVATE_KEY_FILE else None


@lru_cache(maxsize=4)
def _signer(key_id: str, key_file: Path | None, folder: Path) -> UrlSigner:
    return UrlSigner(_signing_key(key_id, key_file, folder))


@lru_cache(maxsize=4)
def _verifier(key_id: str, key_file: Path | None, folder: Path) -> UrlVerifier:
    key = _signer(key_id, key_file, folder).key
    keys = {**load_public_keys(folder), key.key_id: key.public()}
    return UrlVerifier(keys, parameters=PARAMETERS)


def _signing_key(key_id: str, key_file: Path | None, folder: Path) -> SigningKey:
    if key_file is None and not key_id:
        return ensure_key_pair(folder)
    if key_file is None or not key_id:
        raise SigningKeyError("Set both DELIVERY_KEY_ID and DELIVERY_PRIVATE_KEY_FILE, or neither.")
    try:
        pem = key_file.read_bytes()
    except OSError as error:
        raise SigningKeyError(
            f"DELIVERY_PRIVATE_KEY_FILE cannot be read: {error.strerror}."
        ) from error
    return SigningKey(key_id=key_id, private=load_private_key(pem))
