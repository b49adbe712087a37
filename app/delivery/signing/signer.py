"""Signing addresses and cookies in CloudFront's format."""

import time
from collections import OrderedDict
from threading import Lock

from app.delivery.signing.encoding import encode
from app.delivery.signing.keys import SigningKey
from app.delivery.signing.policy import Policy

_REMEMBERED = 4096


class UrlSigner:
    """Signs addresses with one key; keeps recent answers.

    The expiry is rounded down to a step of a fifth of the wished lifetime, so the same resource
    gives the same address for a while: our cache and the browser's both work. An address is thus
    valid for at least four fifths of the wish and never longer than it.
    """

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self._recent: OrderedDict[tuple[Policy, bool], str] = OrderedDict()
        self._lock = Lock()

    def sign(self, resource: str, *, expires_in: int, now: float | None = None) -> str:
        """Return ``resource`` with a canned signature, valid for at most ``expires_in`` seconds.

        A resource with ``*`` would open more than one address and needs `sign_policy`.
        """
        if "*" in resource:
            raise ValueError("An address with '*' in it cannot be signed; percent-encode it.")
        moment = int(time.time() if now is None else now)
        step = max(1, expires_in // 5)
        expires = max((moment + expires_in) // step * step, moment + 1)
        return self.sign_policy(resource, policy=Policy(resource=resource, expires=expires))

    def sign_policy(self, address: str, *, policy: Policy) -> str:
        """Return ``address`` signed under ``policy``, in the short form where that says it all."""
        separator = "&" if "?" in address else "?"
        return f"{address}{separator}{self._query(policy, address=address)}"

    def cookies(self, policy: Policy) -> dict[str, str]:
        """Return cookies that open all of ``policy``, for clients that fetch many files."""
        text = policy.to_json().encode()
        cookies = {
            "CloudFront-Policy": encode(text),
            "CloudFront-Signature": encode(self.key.sign(text)),
            "CloudFront-Key-Pair-Id": self.key.key_id,
        }
        if self.key.hash_name != "SHA1":
            cookies["CloudFront-Hash-Algorithm"] = self.key.hash_name
        return cookies

    def _query(self, policy: Policy, *, address: str) -> str:
        canned = policy.is_canned and policy.resource == address
        with self._lock:
            if (known := self._recent.get((policy, canned))) is not None:
                self._recent.move_to_end((policy, canned))
                return known
        query = self._signed_query(policy, canned=canned)
        with self._lock:
            self._recent[policy, canned] = query
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return query

    def _signed_query(self, policy: Policy, *, canned: bool) -> str:
        text = policy.to_json().encode()
        grant = f"Expires={policy.expires}" if canned else f"Policy={encode(text)}"
        query = f"{grant}&Signature={encode(self.key.sign(text))}&Key-Pair-Id={self.key.key_id}"
        return query if self.key.hash_name == "SHA1" else f"{query}&Hash-Algorithm=SHA256"
