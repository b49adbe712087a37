"""A certificate of one's own for https on this machine; some clients speak nothing else."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.local.home import write_private

VALID = timedelta(days=365)
RENEWED_BEFORE = timedelta(days=30)


def certificate_file(home: Path) -> Path:
    """Return where the certificate is; clients are told to trust it."""
    return home / "tls" / "cert.pem"


def trusted_file(home: Path) -> Path:
    """Return the certificates that the portal's own programs trust: the world's and this one."""
    return home / "tls" / "trusted.pem"


def key_file(home: Path) -> Path:
    """Return where its private key is."""
    return home / "tls" / "key.pem"


def ensure_certificate(home: Path) -> Path:
    """Return the certificate for localhost, made or renewed when it is due."""
    path = certificate_file(home)
    if not (_is_good(path) and key_file(home).is_file()):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _make(home)
    trusted = Path(certifi.where()).read_bytes() + path.read_bytes()
    if not (trusted_file(home).is_file() and trusted_file(home).read_bytes() == trusted):
        trusted_file(home).write_bytes(trusted)
    return path


def _is_good(path: Path) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc - RENEWED_BEFORE > datetime.now(UTC)


def _make(home: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1")]
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(key_file(home), secret.decode())
    certificate_file(home).write_bytes(made.public_bytes(serialization.Encoding.PEM))
