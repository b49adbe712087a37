"""Our own endpoint as strangers meet it: over a socket, byte for byte what they wish to send."""

import http.client
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from app.delivery.signing import SignatureRefused, UrlVerifier
from tests.delivery.mutations import Signed

READ = {200, 203, 206, 304}
_ENDS = re.compile(r"[\x00-\x20\x7f]")
"""What ends a line, a target or a value on the wire, so that it travels escaped, if at all."""


def _escaped(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


class RawConnection(http.client.HTTPConnection):
    """Sends request lines as they are; the standard library would refuse the odd ones."""

    def _validate_path(self, url: str) -> None:
        """Let everything through."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1")


class Endpoint:
    """Asks one server over one connection, which is made anew when the server closes it."""

    def __init__(self, address: str) -> None:
        self._place = urlsplit(address).netloc
        self._line = RawConnection(self._place, timeout=30)

    def ask(self, request: Signed) -> tuple[int, bytes]:
        """Return status and body; 400 for what the server does not even read."""
        for _ in range(3):
            try:
                return self._ask(request)
            except (http.client.HTTPException, OSError):
                self._line.close()
                self._line = RawConnection(self._place, timeout=30)
        return 400, b""

    def close(self) -> None:
        self._line.close()

    def _ask(self, request: Signed) -> tuple[int, bytes]:
        target = _ENDS.sub(_escaped, request.target)
        self._line.putrequest(request.method, target, skip_accept_encoding=True)
        if request.cookies:
            pairs = [f"{name}={_ENDS.sub(_escaped, text)}" for name, text in request.cookies]
            self._line.putheader("Cookie", "; ".join(pairs))
        if request.method in ("POST", "PUT", "PATCH"):
            self._line.putheader("Content-Length", "0")
        self._line.endheaders()
        answer = self._line.getresponse()
        return answer.status, answer.read()


def check_endpoint(
    endpoint: Endpoint, *, signed: Iterable[Signed], mutated: Iterable[Signed], secret: bytes
) -> dict[str, Any]:
    """Let the unmutated through and nothing else; return how many were refused, by family."""
    passed = 0
    for one in signed:
        status, body = endpoint.ask(one)
        assert (status, body[: len(secret)]) == (200, secret), (one, status)
        passed += 1
    refused: Counter[str] = Counter()
    for one in mutated:
        status, body = endpoint.ask(one)
        assert status not in READ, (one, status)
        assert secret not in body, one
        refused[one.changed] += 1
    return {"passed": passed, "refused": dict(sorted(refused.items()))}


def check_verifier(
    verifier: UrlVerifier, *, site: str, signed: Iterable[Signed], mutated: Iterable[Signed]
) -> dict[str, Any]:
    """The same for the verifier alone, which knows no methods."""
    passed = 0
    for one in signed:
        assert _verified(verifier, site, one), one
        passed += 1
    refused: Counter[str] = Counter()
    for one in mutated:
        assert not _verified(verifier, site, one), one
        refused[one.changed] += 1
    return {"passed": passed, "refused": dict(sorted(refused.items()))}


def _verified(verifier: UrlVerifier, site: str, one: Signed) -> bool:
    names = [name for name, _ in one.cookies]
    if len(set(names)) != len(names):
        return False  # refused where the header is read
    try:
        if one.cookies:
            cookies = dict(one.cookies)
            verifier.verify_cookies(site + one.target, cookies=cookies, ip="127.0.0.1")
        else:
            verifier.verify(site + one.target, ip="127.0.0.1")
    except SignatureRefused:
        return False
    return True
