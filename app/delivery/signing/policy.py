"""Policies: what a signature allows, as CloudFront writes it.

The canned policy text is rebuilt from the address by whoever verifies, so every byte of it matters;
the custom policy travels inside the address. Source: Amazon CloudFront Developer Guide, "Create a
signed URL using a canned policy" and "... using a custom policy".
"""

import ipaddress
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.delivery.signing.errors import Refusal, SignatureRefused

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_UNSAFE = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f-\U0010ffff]')


@dataclass(frozen=True)
class Policy:
    """Who may fetch what, and when.

    ``resource`` is an address; in a custom policy ``*`` stands for any run of characters and ``?``
    for one. Times are Unix seconds (UTC): valid while ``not_before <= now < expires``.
    """

    resource: str
    expires: int
    not_before: int | None = None
    network: IpNetwork | None = None

    def __post_init__(self) -> None:
        if not self.resource or _UNSAFE.search(self.resource):
            raise ValueError(
                "A signed resource must be a percent-encoded ASCII address without spaces, quotes "
                f"or backslashes, not {self.resource!r}."
            )

    @property
    def is_canned(self) -> bool:
        """Whether the short form, which carries only the expiry, says everything."""
        return self.not_before is None and self.network is None and "*" not in self.resource

    def to_json(self) -> str:
        """Return the exact text that is signed (same bytes as botocore's ``build_policy``)."""
        condition: dict[str, dict[str, Any]] = {"DateLessThan": {"AWS:EpochTime": self.expires}}
        if self.network is not None:
            condition["IpAddress"] = {"AWS:SourceIp": str(self.network)}
        if self.not_before is not None:
            condition["DateGreaterThan"] = {"AWS:EpochTime": self.not_before}
        statement = {"Resource": self.resource, "Condition": condition}
        return json.dumps({"Statement": [statement]}, separators=(",", ":"))

    def covers(self, address: str) -> bool:
        """Whether ``address`` matches the resource, read as a custom policy's pattern."""
        pattern = "".join(_WILDCARDS.get(char, re.escape(char)) for char in self.resource)
        return re.fullmatch(pattern, address, flags=re.DOTALL) is not None

    def check_conditions(self, *, now: float, ip: str | None) -> None:
        """Refuse when too late, too early, or asked from the wrong network."""
        if now >= self.expires:
            raise SignatureRefused(Refusal.EXPIRED, "The signed address has expired.")
        if self.not_before is not None and now < self.not_before:
            raise SignatureRefused(Refusal.NOT_YET_VALID, "The signed address is not valid yet.")
        if self.network is not None and not _within(ip, self.network):
            raise SignatureRefused(Refusal.WRONG_ADDRESS, "Signed for another network.")


_WILDCARDS = {"*": ".*", "?": "."}


def _within(ip: str | None, network: IpNetwork) -> bool:
    try:
        return ip is not None and ipaddress.ip_address(ip) in network
    except ValueError:
        return False


def parse_policy(text: bytes) -> Policy:
    """Read a custom policy whose signature has already been verified.

    Strict on purpose: one statement, no unknown or repeated names, so that nothing this reader
    overlooks could have been a restriction that the signer meant.
    """
    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
        (statement,) = _only(document, required={"Statement"})["Statement"]
        _only(statement, required={"Resource", "Condition"})
        return _policy(statement["Resource"], statement["Condition"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SignatureRefused(Refusal.MALFORMED, f"The policy cannot be read: {error}") from error


def _policy(resource: Any, condition: Any) -> Policy:
    optional = {"DateGreaterThan", "IpAddress"}
    _only(condition, required={"DateLessThan"}, optional=optional)
    if not isinstance(resource, str):
        raise TypeError("the resource is not text")
    not_before = network = None
    if "DateGreaterThan" in condition:
        not_before = _epoch(condition["DateGreaterThan"])
    if "IpAddress" in condition:
        source = _only(condition["IpAddress"], required={"AWS:SourceIp"})["AWS:SourceIp"]
        if not isinstance(source, str):
            raise TypeError("the source address is not text")
        network = ipaddress.ip_network(source, strict=False)
    expires = _epoch(condition["DateLessThan"])
    return Policy(resource=resource, expires=expires, not_before=not_before, network=network)


def _epoch(clause: Any) -> int:
    moment = _only(clause, required={"AWS:EpochTime"})["AWS:EpochTime"]
    if type(moment) is not int or not 0 <= moment < 10**12:
        raise TypeError("a time is not a whole number of seconds")
    return moment


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _only(value: Any, *, required: set[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict) or not required <= set(value) <= required.union(optional):
        raise ValueError(f"expected exactly the names {sorted(required)}")
    return value
