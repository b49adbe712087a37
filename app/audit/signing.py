"""The audit's own Ed25519 key pair, made on first use.

It lives in ``HOUNSFIELD_HOME/keys/audit``. Whoever can change the database should not be able to
read it. To rotate, remove ``signing.pem`` and keep the ``<key id>.pem`` of its public half: heads
that it signed are checked with that for as long as they are kept.
"""

import fcntl
import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from app.core.errors import PortalError


class AuditKeyUnusable(PortalError):
    """A file of the audit's keys is not what it should be."""

    code = "audit_key_unusable"
    status = 500
    title = "A key file in keys/audit is not an Ed25519 key in PEM form"


def sign(message: bytes) -> tuple[str, bytes]:
    """Return the id of the key and its signature."""
    key = _private_key(_folder())
    return _key_id(key.public_key()), key.sign(message)


def is_signed(message: bytes, *, signature: bytes, key_id: str) -> bool:
    """Tell whether one of this site's keys with this id signed ``message``."""
    key = public_keys().get(key_id)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_keys() -> dict[str, Ed25519PublicKey]:
    """Return the keys that signed heads so far, by their ids."""
    return _public_keys(_folder(), tuple(sorted(_folder().glob("*.pem"))))


def public_pem() -> str:
    """Return the public half of the present key, to be kept by somebody else."""
    return _pem(_private_key(_folder()).public_key()).decode()


def _folder() -> Path:
    return Path(settings.HOUNSFIELD_HOME) / "keys" / "audit"


@lru_cache(maxsize=4)
def _private_key(folder: Path) -> Ed25519PrivateKey:
    """Processes start together, so the making is done under a file lock."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "signing.pem"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _write(path, _new_key())
        key = _loaded_private(path)
        public = folder / f"{_key_id(key.public_key())}.pem"
        if not public.exists():
            _write(public, _pem(key.public_key()))
    return key


@lru_cache(maxsize=4)
def _public_keys(folder: Path, files: tuple[Path, ...]) -> dict[str, Ed25519PublicKey]:
    keys = [_loaded_public(path) for path in files if path.name != "signing.pem"]
    if (folder / "signing.pem").exists():
        keys.append(_loaded_private(folder / "signing.pem").public_key())
    return {_key_id(key): key for key in keys}


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def _loaded_private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise AuditKeyUnusable from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditKeyUnusable
    return key


def _loaded_public(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise AuditKeyUnusable from error
    if not isinstance(key, Ed25519PublicKey):
        raise AuditKeyUnusable
    return key


def _write(path: Path, pem: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
