"""Pseudonyms by HMAC-SHA256: the same secret and value always give the same pseudonym.

Without the secret nobody can tell what a pseudonym stands for, nor try candidates out. Each kind
has its own domain, so that equal values of different kinds do not meet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from pydicom._uid_dict import UID_dictionary

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


class Pseudonyms:
    """Pseudonyms under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, digestmod=hashlib.sha256)

    def _digest(self, domain: bytes, value: bytes) -> bytes:
        mac = self._key.copy()
        mac.update(domain + b"\0" + value)
        return mac.digest()

    def uid(self, value: str) -> str:
        """Return the UID that stands for an instance; UIDs of the standard stay what they are.

        The form is 2.25 and a UUID (version 8) as a number: PS3.5 section B.2.
        """
        value = value.strip(" \0")
        if value in UID_dictionary:
            return value
        number = int.from_bytes(self._digest(b"uid", value.encode("utf-8", "replace"))[:16], "big")
        number = number & ~(0xF << 76) | 8 << 76
        number = number & ~(0x3 << 62) | 2 << 62
        return f"2.25.{number}"

    def patient(self, identity: str) -> str:
        """Return the pseudonym of a patient, used as PatientID and as PatientName."""
        digest = self._digest(b"patient", _normal(identity))
        return "P" + base64.b32encode(digest)[:15].decode("ascii")

    def label(self, value: str) -> str:
        """Return a short text that stands for a label (a stack's name, say)."""
        digest = self._digest(b"label", value.encode("utf-8", "replace"))
        return base64.b32encode(digest)[:12].decode("ascii")

    def days(self, identity: str, *, most: int) -> int:
        """Return by how many days the dates of a patient move back: between 1 and `most`."""
        digest = self._digest(b"days", _normal(identity))
        return 1 + int.from_bytes(digest[:8], "big") % most


def is_uid(text: str) -> bool:
    """Tell whether a text has the form of a UID (PS3.5 section 9.1)."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def _normal(identity: str) -> bytes:
    return " ".join(identity.replace("\0", " ").split()).upper().encode("utf-8", "replace")
