"""Signed addresses in CloudFront's own format (pure: no Django).

The same signature is honoured by CloudFront and by the portal's own endpoint, so moving between
them changes a domain, not a protocol.
"""

from app.delivery.signing.errors import Refusal, SignatureRefused, SigningKeyError
from app.delivery.signing.keys import (
    PublicKey,
    SigningKey,
    ensure_key_pair,
    key_id_of,
    load_private_key,
    load_public_key,
    load_public_keys,
)
from app.delivery.signing.policy import Policy
from app.delivery.signing.signer import UrlSigner
from app.delivery.signing.verifier import COOKIES, UrlVerifier, VerifiedAddress

__all__ = [
    "COOKIES",
    "Policy",
    "PublicKey",
    "Refusal",
    "SignatureRefused",
    "SigningKey",
    "SigningKeyError",
    "UrlSigner",
    "UrlVerifier",
    "VerifiedAddress",
    "ensure_key_pair",
    "key_id_of",
    "load_private_key",
    "load_public_key",
    "load_public_keys",
]
