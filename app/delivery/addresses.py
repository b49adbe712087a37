"""Signed addresses of the portal's own endpoint.

What is signed is the address under ``SITE_URL``, whatever host name the request came in by; a
client that knows the site by another name may exchange the origin and the signature still holds.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from django.conf import settings

from app.core.storage import AnswerHeaders, PartGrant
from app.delivery.configured import url_signer, url_verifier
from app.delivery.headers import parameters_of
from app.delivery.signing import Refusal, SignatureRefused, VerifiedAddress

FILES = "/files/"
PARTS = f"{FILES}parts/"
_PART = re.compile(rf"{PARTS}([0-9a-f]{{32}})/([1-9][0-9]{{0,4}})")


class PortalAddresses:
    """Signs and checks addresses below ``/files/`` (see `app.core.storage.OwnAddresses`)."""

    def of_file(self, key: str, *, expires_in: int, headers: AnswerHeaders) -> str:
        """Return an absolute address from which the object can be read."""
        resource = f"{settings.SITE_URL}{FILES}{quote(key)}{parameters_of(headers)}"
        return url_signer().sign(resource, expires_in=expires_in)

    def of_part(self, multipart_id: str, *, number: int, max_size: int, expires_in: int) -> str:
        """Return an absolute address to which one part can be PUT, and nothing else done."""
        path = f"{PARTS}{multipart_id}/{number}?method=PUT&max-size={max_size}"
        return url_signer().sign(f"{settings.SITE_URL}{path}", expires_in=expires_in)

    def check_part(self, target: str, *, method: str) -> PartGrant | None:
        """Return what a request for ``target`` may store; None when it may nothing."""
        try:
            verified = check(target, ip=None)
        except SignatureRefused:
            return None
        said = verified.parameters
        found = _PART.fullmatch(_path_of(verified))
        if not found or not verified.canned or set(said) != {"method", "max-size"}:
            return None
        if said["method"] != method or not said["max-size"].isdecimal():
            return None
        return PartGrant(
            multipart_id=found[1], number=int(found[2]), max_size=int(said["max-size"])
        )


def check(target: str, *, ip: str | None) -> VerifiedAddress:
    """Return what the path and query of a request grant, or raise `SignatureRefused`."""
    return url_verifier().verify(f"{settings.SITE_URL}{target}", ip=ip)


def check_file(
    target: str, *, ip: str | None, cookies: Mapping[str, str] | None = None
) -> VerifiedAddress:
    """Like `check`, for reading a file: an address made for sending does not count.

    An address without a signature of its own may be opened by signed ``cookies``.
    """
    if cookies and "Signature=" not in target:
        address = f"{settings.SITE_URL}{target}"
        verified = url_verifier().verify_cookies(address, cookies=cookies, ip=ip)
    else:
        verified = check(target, ip=ip)
    if {"method", "max-size"} & set(verified.parameters):
        raise SignatureRefused(Refusal.WRONG_RESOURCE, "Signed for sending, not for reading.")
    return verified


def _path_of(verified: VerifiedAddress) -> str:
    return verified.base.partition("?")[0].removeprefix(settings.SITE_URL)
