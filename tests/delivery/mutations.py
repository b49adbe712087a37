"""Signed requests, and everything that somebody might change about one.

`signed_requests` makes requests that must be answered: by our signer and by botocore's, canned and
custom, in the address and in cookies. `mutations` changes one of them. What is changed is never
what was signed, so none may be answered. Left alone is what no server gets to see: fragments, and
a question mark with nothing behind it.
"""

import datetime as dt
import json
import random
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from app.delivery.signing import Policy, SigningKey, UrlSigner
from app.delivery.signing.encoding import decode, encode

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PREFIX = "CloudFront-"
_ALPHABET = string.ascii_letters + string.digits + "-_~%&=?./:+ *\"'<>\\|{}^`\t\0\x7f\xe9"
_HEADERS = (
    "response-content-disposition="
    + quote('attachment; filename="scan 1.mha"', safe="")
    + "&response-content-type="
    + quote("application/octet-stream", safe="")
)


@dataclass(frozen=True)
class Signed:
    """A request; ``target`` is path and query as sent, ``cookies`` the pairs of that header."""

    target: str
    made_by: str
    method: str = "GET"
    cookies: tuple[tuple[str, str], ...] = ()
    changed: str = ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        query = self.target.partition("?")[2]
        return [(name, text) for name, _, text in (one.partition("=") for one in query.split("&"))]

    @property
    def grant(self) -> dict[str, str]:
        """The parts of the signature by name, wherever they are carried."""
        if self.cookies:
            return {name.removeprefix(PREFIX): text for name, text in self.cookies}
        return dict(self.pairs)

    def with_pairs(self, pairs: Sequence[tuple[str, str]]) -> "Signed":
        query = "&".join(f"{name}={text}" for name, text in pairs)
        return replace(self, target=f"{self.path}?{query}" if query else self.path)

    def with_grant(self, name: str, text: str) -> "Signed":
        """The same request with one part of the signature replaced."""
        if self.cookies:
            full = PREFIX + name
            return replace(
                self,
                cookies=tuple((one, text if one == full else old) for one, old in self.cookies),
            )
        return self.with_pairs([(one, text if one == name else old) for one, old in self.pairs])


def signed_requests(
    keys: Sequence[SigningKey], *, site: str, paths: Sequence[str], now: int, lifetime: int
) -> list[Signed]:
    """Every kind of signed request for every path, by every key, ours and botocore's."""
    found = []
    for key in keys:
        ours = UrlSigner(key)
        theirs = CloudFrontSigner(key.key_id, key.sign) if key.hash_name == "SHA1" else None
        for path in paths:
            base = f"{site}{path}"
            asked = f"{base}?{_HEADERS}"
            policy = Policy(resource=base, expires=now + lifetime, not_before=now - 3600)
            name = f"{type(key.private).__name__.strip('_')} {key.hash_name}"
            found += [
                Signed(ours.sign(base, expires_in=lifetime), f"ours canned {name}"),
                Signed(ours.sign(asked, expires_in=lifetime), f"ours canned headers {name}"),
                Signed(ours.sign_policy(base, policy=policy), f"ours custom {name}"),
                Signed(base, f"ours cookies {name}", cookies=tuple(ours.cookies(policy).items())),
            ]
            if theirs is not None:
                found += _by_botocore(theirs, base, asked, name=name, now=now, lifetime=lifetime)
    return [replace(one, target=one.target.removeprefix(site)) for one in found]


def _by_botocore(
    signer: CloudFrontSigner, base: str, asked: str, *, name: str, now: int, lifetime: int
) -> list[Signed]:
    expires = dt.datetime.fromtimestamp(now + lifetime, tz=dt.UTC)
    begins = dt.datetime.fromtimestamp(now - 3600, tz=dt.UTC)
    policy = signer.build_policy(base, expires, date_greater_than=begins, ip_address="127.0.0.0/8")
    # botocore has no function for cookies; they carry what its custom addresses carry.
    in_address = Signed(signer.generate_presigned_url(base, policy=policy), "").pairs
    cookies = tuple((PREFIX + part, text) for part, text in in_address)
    return [
        Signed(
            signer.generate_presigned_url(base, date_less_than=expires), f"botocore canned {name}"
        ),
        Signed(
            signer.generate_presigned_url(asked, date_less_than=expires),
            f"botocore canned headers {name}",
        ),
        Signed(signer.generate_presigned_url(base, policy=policy), f"botocore custom {name}"),
        Signed(base, f"botocore cookies {name}", cookies=cookies),
    ]


def mutations(
    signed: Sequence[Signed], *, count: int, seed: int, methods: bool = True
) -> Iterator[Signed]:
    """Yield ``count`` changed requests, every family in turn; ``changed`` says which."""
    draw = random.Random(seed)
    families = [family for family in FAMILIES if methods or family is not _method]
    made = 0
    while made < count:
        family = families[made % len(families)]
        one = draw.choice(signed)
        other = family(draw, one, draw.choice(signed))
        if other is None or _same(one, other):
            continue
        made += 1
        yield replace(other, changed=family.__name__.strip("_"))


def _same(one: Signed, other: Signed) -> bool:
    return (one.method, one.target, one.cookies) == (other.method, other.target, other.cookies)


def _path(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """Another file, another spelling of this one, or a way around it."""
    path = one.path
    at = draw.randrange(7, len(path))
    folder, _, name = path.rpartition("/")
    tried = [
        other.path,
        path[:at] + f"%{ord(path[at]):02x}" + path[at + 1 :],
        path[:at] + f"%{ord(path[at]):02X}" + path[at + 1 :],
        path[:at] + draw.choice("0123456789abcdef") + path[at + 1 :],
        path[:at] + path[at].upper() + path[at + 1 :],
        path.replace("/", "//", draw.randrange(1, 4)),
        f"{folder}/./{name}",
        f"{folder}/x/../{name}",
        f"{folder}/%2e/{name}",
        f"{folder}%2f{name}",
        f"{path}/",
        f"{path}.",
        f"{path}%00",
        f"{path};x",
        folder,
        f"/files/parts/{'0' * 32}/1",
        f"/./{path[1:]}",
    ]
    return replace(one, target=draw.choice(tried) + one.target[len(path) :])


def _expiry(draw: random.Random, one: Signed, other: Signed) -> Signed | None:
    """Another moment, or the same one spelled differently."""
    if "Expires" not in one.grant:
        return _policy(draw, one, other)
    said = one.grant["Expires"]
    moment = int(said)
    tried = [str(moment + draw.choice((1, -1)) * draw.randrange(1, 10 ** draw.randrange(1, 10)))]
    tried += [f"0{said}", f"+{said}", f"{said}.0", f"{said}e0", hex(moment), "", "-1", f"%3{said}"]
    tried += [f"{said}0", f"{said}%00", f"%20{said}", "9" * 12, "9" * 40, "\u0661", "null"]
    tried += [f"%{ord(said[0]):x}{said[1:]}", f"{said},{said}", f"{moment:_}"]
    return one.with_grant("Expires", draw.choice([text for text in tried if text.isascii()]))


def _policy(draw: random.Random, one: Signed, other: Signed) -> Signed | None:
    """A custom policy that says more, says it differently, or belongs to another signature."""
    if "Policy" not in one.grant:
        return None
    text = decode(one.grant["Policy"]).decode()
    document = json.loads(text)
    (statement,) = document["Statement"]
    choice = draw.randrange(7)
    if choice == 0:
        moment = statement["Condition"]["DateLessThan"]["AWS:EpochTime"] + draw.randrange(1, 10**6)
        statement["Condition"]["DateLessThan"]["AWS:EpochTime"] = moment
    elif choice == 1:
        statement["Resource"] = draw.choice(("*", "http*://*", other.path, "/*"))
    elif choice == 2:
        statement["Condition"].pop("DateGreaterThan", None)
    elif choice == 3:
        document["Statement"].append(dict(statement))
    elif choice == 4:
        spaces = draw.randrange(1, 200)
        return one.with_grant("Policy", encode((" " * spaces + text).encode()))
    elif choice == 5:
        return one.with_grant("Policy", encode(json.dumps(document, indent=1).encode()))
    elif "Policy" in other.grant:
        return one.with_grant("Policy", other.grant["Policy"])
    return one.with_grant("Policy", encode(json.dumps(document, separators=(",", ":")).encode()))


def _key_id(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """Another key that is trusted, one that is not, or the name spelled differently."""
    said = one.grant["Key-Pair-Id"]
    at = draw.randrange(len(said))
    tried = [other.grant["Key-Pair-Id"], said.lower(), "", said + " ", f"{said}%00", f"{said}/"]
    tried += [f"K{draw.randrange(16**13):013X}", said[:at] + said[at + 1 :], f"../{said}", "*"]
    tried += [f"{said[:at]}%{ord(said[at]):02X}{said[at + 1 :]}", "delivery.pem", f"{said},{said}"]
    return one.with_grant("Key-Pair-Id", draw.choice(tried))


def _signature(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """Other bytes: flipped, cut, grown, empty, or the signature of something else."""
    raw = decode(one.grant["Signature"])
    at, bit = draw.randrange(len(raw)), 1 << draw.randrange(8)
    cut = draw.randrange(1, len(raw))
    tried = [
        raw[:at] + bytes((raw[at] ^ bit,)) + raw[at + 1 :],
        raw[:at] + bytes((raw[at] ^ bit,)) + raw[at + 1 :],
        raw[:cut],
        raw[cut:],
        raw + bytes((draw.randrange(256),)),
        b"\0" + raw,
        raw[::-1],
        bytes(len(raw)),
        draw.randbytes(len(raw)),
        decode(other.grant["Signature"]),
    ]
    return one.with_grant("Signature", encode(draw.choice(tried)))


def _high_s(draw: random.Random, one: Signed, other: Signed) -> Signed | None:
    """The twin (r, n - s) that ECDSA also verifies, and other writings of the same numbers."""
    raw = decode(one.grant["Signature"])
    if raw[:1] != b"\x30" or len(raw) > 72:
        return None
    r, s = decode_dss_signature(raw)
    long_form = b"\x30\x81" + raw[1:]
    padded = raw[:1] + bytes((raw[1] + 1,)) + raw[2:3] + bytes((raw[3] + 1, 0)) + raw[4:]
    high = encode_dss_signature(r, P256_ORDER - s)
    tried = [high, high, high, high, long_form, padded]
    tried += [encode_dss_signature(P256_ORDER - r, s), encode_dss_signature(s, r)]
    tried += [encode_dss_signature(r, s + P256_ORDER), r.to_bytes(32) + s.to_bytes(32)]
    tried += [encode_dss_signature(0, 0), encode_dss_signature(1, 1), raw + b"\0"]
    return one.with_grant("Signature", encode(draw.choice(tried)))


def _base64(draw: random.Random, one: Signed, other: Signed) -> Signed | None:
    """The same bytes in another spelling of base64."""
    name = draw.choice([part for part in ("Signature", "Policy") if part in one.grant])
    said = one.grant[name]
    stem = said.rstrip("_")
    pads = said[len(stem) :]
    at = draw.randrange(len(stem))
    tried = [
        said.translate(str.maketrans("-_~", "+=/")),
        said.translate(str.maketrans("-~", "+/")),
        said.replace("-", "%2B").replace("~", "%2F").replace("_", "%3D"),
        stem if pads else f"{said}_",
        f"{said}__",
        f"{said}%0A",
        f"%20{said}",
        f"{said[:at]}%{ord(said[at]):02x}{said[at + 1 :]}",
        f"{said[:at]}+{said[at:]}",
        f"{said[:at]}\t{said[at:]}",
        f"{said[:at]}*{said[at:]}",
        f'"{said}"',
        stem[:-1] + draw.choice(string.ascii_letters + string.digits + "-~") + pads,
        stem[:-1] + draw.choice(string.ascii_letters + string.digits + "-~") + pads,
    ]
    return one.with_grant(name, draw.choice(tried))


def _duplicate(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """A part that comes twice: the same again, another's, or in the address beside a cookie."""
    if one.cookies:
        name, text = draw.choice(one.cookies)
        again = (name, draw.choice((text, other.grant.get(name.removeprefix(PREFIX), "x"))))
        at = draw.randrange(len(one.cookies) + 1)
        if draw.randrange(3):
            return replace(one, cookies=(*one.cookies[:at], again, *one.cookies[at:]))
        part = f"{name.removeprefix(PREFIX)}={text}"
        return replace(one, target=f"{one.target}?{part}")
    pairs = one.pairs
    name, text = draw.choice(pairs)
    named = draw.choice((name, name, name.lower(), f"%{ord(name[0]):x}{name[1:]}"))
    at = draw.randrange(len(pairs) + 1)
    again = (named, draw.choice((text, other.grant.get(name, "x"), "")))
    return one.with_pairs([*pairs[:at], again, *pairs[at:]])


def _query(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """Parameters that are added, taken away, renamed or moved."""
    if one.cookies:
        addition = draw.choice(("x=1", "method=PUT", "max-size=9", "&", "=", "Policy=e30_"))
        if draw.randrange(2):
            return replace(one, target=f"{one.target}?{addition}")
        at = draw.randrange(len(one.cookies))
        name, text = one.cookies[at]
        rest = (*one.cookies[:at], *one.cookies[at + 1 :])
        return replace(one, cookies=((name.lower(), text), *rest) if draw.randrange(2) else rest)
    pairs = one.pairs
    at = draw.randrange(len(pairs))
    name, text = pairs[at]
    moved = pairs[:at] + pairs[at + 1 :]
    moved.insert(draw.randrange(len(pairs)), (name, text))
    added = [*pairs]
    extra = [("x", "1"), ("method", "PUT"), ("max-size", "9"), ("Hash-Algorithm", "SHA1")]
    extra += [("Hash-Algorithm", "SHA256"), ("response-content-type", "text%2Fhtml"), ("", "")]
    added.insert(draw.randrange(len(pairs) + 1), draw.choice(extra))
    return draw.choice(
        (
            one.with_pairs(moved),
            one.with_pairs(added),
            one.with_pairs(pairs[:at] + pairs[at + 1 :]),
            one.with_pairs([*pairs[:at], (name.lower(), text), *pairs[at + 1 :]]),
            replace(one, target=one.target.replace("&", draw.choice((";", "&&", "&amp;")), 1)),
            replace(one, target=one.target.replace("?", draw.choice(("??", "?&", "&", "%3F")), 1)),
            replace(one, target=f"{one.target}{draw.choice(('&', '?', '&x', '=', '%'))}"),
        )
    )


def _method(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """A method that does not read."""
    return replace(one, method=draw.choice(("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")))


def _characters(draw: random.Random, one: Signed, other: Signed) -> Signed:
    """Small slips anywhere behind the folder."""
    text = one.target
    at = draw.randrange(7, len(text) - 1)
    char = draw.choice(_ALPHABET)
    edits = [
        text[:at] + char + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + text[at] + text[at:],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + char + text[at:],
        text[:at] + text[at].swapcase() + text[at + 1 :],
    ]
    return replace(one, target=draw.choice(edits))


Family = Callable[[random.Random, Signed, Signed], Signed | None]
FAMILIES: tuple[Family, ...] = (
    _path,
    _expiry,
    _policy,
    _key_id,
    _signature,
    _high_s,
    _base64,
    _duplicate,
    _query,
    _method,
    _characters,
)
