"""Key pairs: read, made, and used to sign and to verify raw bytes.

CloudFront accepts RSA-2048 (PKCS #1 v1.5) and ECDSA P-256 keys, each with SHA-1 or, when the
address says ``Hash-Algorithm=SHA256``, SHA-256. Reading a PEM file takes about 40 ms and signing
with ECDSA 50 us, so a key is an object that is made once and kept.

ECDSA signatures come in pairs: (r, s) and (r, n - s) verify alike. Only the low half counts here,
in strict DER, so that one signed text has one signature per key (deterministic, RFC 6979) and an
address cannot be respelled.
"""

import fcntl
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from app.delivery.signing.errors import Refusal, SignatureRefused, SigningKeyError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
HashName = Literal["SHA1", "SHA256"]

# Order of the base point of NIST P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# SHA-1 is what the format prescribes when no Hash-Algorithm is named.
_HASHES: dict[HashName, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303
    "SHA256": hashes.SHA256(),
}


@dataclass(frozen=True)
class SigningKey:
    """A private key with the id that goes into ``Key-Pair-Id`` and the hash it signs with."""

    key_id: str
    private: PrivateKey
    hash_name: HashName = "SHA1"

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``: PKCS #1 v1.5, or DER with low s."""
        digest = _HASHES[self.hash_name]
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), digest)
        raw = self.private.sign(message, ec.ECDSA(digest, deterministic_signing=True))
        r, s = decode_dss_signature(raw)
        return encode_dss_signature(r, min(s, _P256_ORDER - s))

    def public(self) -> PublicKey:
        """Return the half that verifies."""
        return self.private.public_key()


def verify(*, key: PublicKey, signature: bytes, message: bytes, hash_name: HashName) -> None:
    """Refuse unless ``signature`` is the canonical signature of ``message`` by ``key``."""
    digest = _HASHES[hash_name]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), digest)
        else:
            r, s = decode_dss_signature(signature)
            if s > _P256_ORDER // 2 or encode_dss_signature(r, s) != signature:
                raise InvalidSignature
            key.verify(signature, message, ec.ECDSA(digest))
    except (InvalidSignature, ValueError) as error:
        raise SignatureRefused(Refusal.BAD_SIGNATURE, "The signature does not fit.") from error


def load_private_key(pem: bytes) -> PrivateKey:
    """Read an unencrypted private key, accepting only the kinds that CloudFront accepts."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyError(
            "The delivery key is not an unencrypted PEM private key. Make one with "
            "'openssl ecparam -name prime256v1 -genkey -noout'."
        ) from error
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise SigningKeyError("The delivery key must be RSA with 2048 bits or ECDSA on P-256.")


def load_public_key(pem: bytes) -> PublicKey:
    """Read a public key of a kind that CloudFront accepts."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyError("A delivery key file is not a PEM public key.") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise SigningKeyError("A delivery key must be RSA with 2048 bits or ECDSA on P-256.")


def key_id_of(key: PublicKey) -> str:
    """Return an id derived from the key, shaped like CloudFront's (``K`` and 13 characters)."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "K" + hashlib.sha256(der).hexdigest()[:13].upper()


def ensure_key_pair(folder: Path) -> SigningKey:
    """Return the key pair kept in ``folder``, making it on first use.

    Several processes start together, so the making is done under a file lock. The private key is
    readable by its owner only. To rotate, move ``delivery.pem`` away and keep its public half as
    ``<key id>.pub.pem`` until the last signed address has expired.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "delivery.pem"
    with open(folder / ".delivery.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _write_new_key(path)
        private = load_private_key(path.read_bytes())
    return SigningKey(key_id=key_id_of(private.public_key()), private=private)


def load_public_keys(folder: Path) -> Mapping[str, PublicKey]:
    """Return every ``<key id>.pub.pem`` in ``folder``: they verify but no longer sign."""
    return {
        path.name.removesuffix(".pub.pem"): load_public_key(path.read_bytes())
        for path in sorted(folder.glob("*.pub.pem"))
    }


def _write_new_key(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
