"""Verifying addresses and cookies in CloudFront's format, more strictly than CloudFront does.

Order matters: the query is taken apart textually (never decoded and re-encoded), the signature is
checked over the exact bytes, and only then is a policy parsed. Whatever is not understood is
refused.
"""

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from app.delivery.signing.encoding import decode
from app.delivery.signing.errors import Refusal, SignatureRefused
from app.delivery.signing.keys import HashName, PublicKey, verify
from app.delivery.signing.policy import Policy, parse_policy

_SIGNING_NAMES = frozenset({"Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"})
# The order in which signers write them, behind everything else.
_FORMS = tuple(
    (grant, "Signature", "Key-Pair-Id", *tail)
    for grant in ("Expires", "Policy")
    for tail in ((), ("Hash-Algorithm",))
)
_MAX_LENGTH = 8192
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
COOKIES = {
    "CloudFront-Policy": "Policy",
    "CloudFront-Expires": "Expires",
    "CloudFront-Signature": "Signature",
    "CloudFront-Key-Pair-Id": "Key-Pair-Id",
    "CloudFront-Hash-Algorithm": "Hash-Algorithm",
}


@dataclass(frozen=True)
class VerifiedAddress:
    """An address that may be honoured: what it names and what was said along with it.

    ``base`` is the address without the signature; ``parameters`` are its other query parameters,
    decoded. ``canned`` is true when the signature covers exactly ``base`` (no wildcard).
    """

    base: str
    policy: Policy
    key_id: str
    canned: bool
    parameters: Mapping[str, str] = field(default_factory=dict)


class UrlVerifier:
    """Checks signatures against public keys by id; two overlap while a key is being rotated."""

    def __init__(
        self, keys: Mapping[str, PublicKey], *, parameters: Collection[str] = frozenset()
    ) -> None:
        self._keys = dict(keys)
        self._allowed = frozenset(parameters)

    def verify(
        self, address: str, *, now: float | None = None, ip: str | None = None
    ) -> VerifiedAddress:
        """Return what ``address`` grants, or raise `SignatureRefused`."""
        base, grant, parameters = self._take_apart(address)
        return self._verify(base, grant=grant, parameters=parameters, now=now, ip=ip)

    def verify_cookies(
        self,
        address: str,
        *,
        cookies: Mapping[str, str],
        now: float | None = None,
        ip: str | None = None,
    ) -> VerifiedAddress:
        """Return what ``cookies`` grant for ``address``, or raise `SignatureRefused`."""
        base, in_address, parameters = self._take_apart(address)
        if in_address:
            raise SignatureRefused(Refusal.MALFORMED, "Signed by cookie and by address at once.")
        grant = {COOKIES[name]: text for name, text in cookies.items() if name in COOKIES}
        return self._verify(base, grant=grant, parameters=parameters, now=now, ip=ip)

    def _take_apart(self, address: str) -> tuple[str, dict[str, str], dict[str, str]]:
        if len(address) > _MAX_LENGTH or not address.isascii() or "#" in address:
            raise SignatureRefused(Refusal.MALFORMED, "The address is too long or not plain text.")
        path, mark, query = address.partition("?")
        grant: dict[str, str] = {}
        parameters: dict[str, str] = {}
        kept: list[str] = []
        for pair in query.split("&") if mark else ():
            name, equals, text = pair.partition("=")
            if not equals or name in grant or name in parameters:
                raise SignatureRefused(Refusal.MALFORMED, "A parameter is empty or repeated.")
            if grant and name not in _SIGNING_NAMES:
                raise SignatureRefused(Refusal.MALFORMED, "A parameter follows the signature.")
            if name in _SIGNING_NAMES:
                grant[name] = text
            elif name in self._allowed:
                parameters[name] = unquote_plus(text)
                kept.append(pair)
            else:
                raise SignatureRefused(Refusal.MALFORMED, "A parameter is not known.")
        if grant and tuple(grant) not in _FORMS:
            raise SignatureRefused(Refusal.MALFORMED, "The signature is not in its usual order.")
        return (f"{path}?{'&'.join(kept)}" if kept else path), grant, parameters

    def _verify(
        self,
        base: str,
        *,
        grant: Mapping[str, str],
        parameters: Mapping[str, str],
        now: float | None,
        ip: str | None,
    ) -> VerifiedAddress:
        key_id = grant.get("Key-Pair-Id", "")
        text = _signed_text(base, grant=grant)
        signature = decode(grant.get("Signature", ""))
        if (key := self._keys.get(key_id)) is None:
            raise SignatureRefused(Refusal.UNKNOWN_KEY, "Signed with a key that is not trusted.")
        verify(key=key, signature=signature, message=text, hash_name=_hash_name(grant))
        canned = "Expires" in grant
        policy = _canned(base, grant=grant) if canned else parse_policy(text)
        if not canned and not policy.covers(base):
            raise SignatureRefused(Refusal.WRONG_RESOURCE, "Signed for another resource.")
        policy.check_conditions(now=time.time() if now is None else now, ip=ip)
        return VerifiedAddress(
            base=base, policy=policy, key_id=key_id, canned=canned, parameters=parameters
        )


def _signed_text(base: str, *, grant: Mapping[str, str]) -> bytes:
    """Return the bytes that must carry the signature, without interpreting a custom policy."""
    if ("Policy" in grant) == ("Expires" in grant):
        raise SignatureRefused(Refusal.MALFORMED, "Exactly one of Policy and Expires is needed.")
    if "Policy" in grant:
        return decode(grant["Policy"])
    return _canned(base, grant=grant).to_json().encode()


def _canned(base: str, *, grant: Mapping[str, str]) -> Policy:
    if not _SECONDS.fullmatch(grant["Expires"]):
        raise SignatureRefused(Refusal.MALFORMED, "The expiry is not a plain number.")
    try:
        return Policy(resource=base, expires=int(grant["Expires"]))
    except ValueError as error:
        raise SignatureRefused(Refusal.MALFORMED, str(error)) from error


def _hash_name(grant: Mapping[str, str]) -> HashName:
    """SHA-256 only when named exactly so; naming the default is not canonical and refused."""
    if "Hash-Algorithm" not in grant:
        return "SHA1"
    if grant["Hash-Algorithm"] == "SHA256":
        return "SHA256"
    raise SignatureRefused(Refusal.MALFORMED, "The hash algorithm is not known.")
