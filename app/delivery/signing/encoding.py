"""CloudFront's variant of base64, decoded in its one canonical spelling only.

CloudFront replaces ``+``, ``=`` and ``/`` by ``-``, ``_`` and ``~``. Base64 leaves unused bits in
the last character, so one signature has up to sixteen spellings; accepting them all would make an
address malleable (and defeat any list of revoked addresses). Decoding therefore re-encodes and
compares.
"""

import base64
import binascii

from app.delivery.signing.errors import Refusal, SignatureRefused

_TO_URL = bytes.maketrans(b"+=/", b"-_~")
_FROM_URL = bytes.maketrans(b"-_~", b"+=/")
_FOREIGN = frozenset("+=/")


def encode(data: bytes) -> str:
    """Return ``data`` in CloudFront's base64."""
    return base64.b64encode(data).translate(_TO_URL).decode("ascii")


def decode(text: str, *, limit: int = 4096) -> bytes:
    """Return the bytes of ``text``, refusing every spelling but the canonical one."""
    if not text or len(text) > limit or not text.isascii() or _FOREIGN.intersection(text):
        raise SignatureRefused(
            Refusal.MALFORMED, "The value is not in the signed-address alphabet."
        )
    try:
        data = base64.b64decode(text.encode("ascii").translate(_FROM_URL), validate=True)
    except binascii.Error as error:
        raise SignatureRefused(Refusal.MALFORMED, "The value is not base64.") from error
    if encode(data) != text:
        raise SignatureRefused(Refusal.MALFORMED, "The value is not in canonical base64.")
    return data
