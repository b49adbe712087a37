"""Signed addresses against botocore's signer, in both directions, and against tampering."""

import base64
import datetime as dt
import ipaddress
import random
import string
import threading
from pathlib import Path

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from app.delivery.signing import (
    Policy,
    Refusal,
    SignatureRefused,
    SigningKey,
    SigningKeyError,
    UrlSigner,
    UrlVerifier,
    ensure_key_pair,
    load_private_key,
    load_public_keys,
)
from app.delivery.signing.encoding import decode, encode

NOW = 1_800_000_000
ADDRESS = "https://media.example.org/files/images/0196/1.mha"
WITH_QUERY = f"{ADDRESS}?response-content-type=image%2Fpng"
PARAMETERS = frozenset({"response-content-type"})
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
KEYS = {
    "rsa": SigningKey(key_id="KRSA", private=RSA),
    "ec": SigningKey(key_id="KEC", private=EC),
    "rsa-256": SigningKey(key_id="KRSA", private=RSA, hash_name="SHA256"),
    "ec-256": SigningKey(key_id="KEC", private=EC, hash_name="SHA256"),
}
VERIFIER = UrlVerifier({"KRSA": RSA.public_key(), "KEC": EC.public_key()}, parameters=PARAMETERS)


@pytest.fixture(params=sorted(KEYS))
def signer(request: pytest.FixtureRequest) -> UrlSigner:
    return UrlSigner(KEYS[request.param])


def refusal(address: str, **kwargs: object) -> Refusal:
    with pytest.raises(SignatureRefused) as caught:
        VERIFIER.verify(address, **{"now": NOW, **kwargs})  # type: ignore[arg-type]
    return caught.value.reason


def custom(**kwargs: object) -> Policy:
    fields = {"resource": "https://media.example.org/files/*", "expires": NOW + 300}
    return Policy(**{**fields, **kwargs})  # type: ignore[arg-type]


def raw_sign_rsa(message: bytes) -> bytes:
    return RSA.sign(message, padding.PKCS1v15(), hashes.SHA1())


class TestAgainstBotocore:
    """What botocore signs we accept, and what we sign is what botocore would have sent."""

    @pytest.mark.parametrize("address", [ADDRESS, WITH_QUERY])
    def test_canned_addresses_are_the_same_bytes(self, address: str) -> None:
        expires = dt.datetime.fromtimestamp(NOW + 300, tz=dt.UTC)
        theirs = CloudFrontSigner("KRSA", raw_sign_rsa).generate_presigned_url(
            address, date_less_than=expires
        )
        ours = UrlSigner(KEYS["rsa"]).sign(address, expires_in=300, now=NOW)
        assert ours == theirs
        assert VERIFIER.verify(theirs, now=NOW).base == address

    def test_custom_addresses_are_the_same_bytes(self) -> None:
        theirs = CloudFrontSigner("KRSA", raw_sign_rsa)
        text = theirs.build_policy(
            "https://media.example.org/files/*",
            dt.datetime.fromtimestamp(NOW + 300, tz=dt.UTC),
            date_greater_than=dt.datetime.fromtimestamp(NOW - 60, tz=dt.UTC),
            ip_address="192.0.2.0/24",
        )
        policy = custom(not_before=NOW - 60, network=_network("192.0.2.0/24"))
        assert policy.to_json() == text
        address = theirs.generate_presigned_url(ADDRESS, policy=text)
        assert UrlSigner(KEYS["rsa"]).sign_policy(ADDRESS, policy=policy) == address
        assert VERIFIER.verify(address, now=NOW, ip="192.0.2.9").policy == policy

    def test_an_ecdsa_signer_of_botocore_is_accepted_when_its_signature_is_low(self) -> None:
        their = CloudFrontSigner("KEC", KEYS["ec"].sign)
        expires = dt.datetime.fromtimestamp(NOW + 300, tz=dt.UTC)
        assert VERIFIER.verify(
            their.generate_presigned_url(ADDRESS, date_less_than=expires), now=NOW
        ).canned


class TestConditions:
    def test_valid_until_just_before_the_expiry(self, signer: UrlSigner) -> None:
        address = signer.sign(ADDRESS, expires_in=300, now=NOW)
        assert VERIFIER.verify(address, now=NOW + 299.9).policy.expires == NOW + 300
        assert refusal(address, now=NOW + 300) is Refusal.EXPIRED

    def test_never_valid_for_longer_than_asked_nor_for_less_than_four_fifths(self) -> None:
        signer = UrlSigner(KEYS["ec"])
        for now in range(NOW, NOW + 600, 7):
            address = signer.sign(ADDRESS, expires_in=300, now=now)
            lifetime = VERIFIER.verify(address, now=now).policy.expires - now
            assert 240 < lifetime <= 300

    def test_one_address_per_window_also_from_another_process(self, signer: UrlSigner) -> None:
        other = UrlSigner(signer.key)
        addresses = {signer.sign(ADDRESS, expires_in=300, now=NOW + i) for i in range(60)}
        addresses |= {other.sign(ADDRESS, expires_in=300, now=NOW + i) for i in range(60)}
        assert len(addresses) == 1

    def test_not_before(self, signer: UrlSigner) -> None:
        address = signer.sign_policy(ADDRESS, policy=custom(not_before=NOW + 10))
        assert refusal(address) is Refusal.NOT_YET_VALID
        assert VERIFIER.verify(address, now=NOW + 10).base == ADDRESS

    @pytest.mark.parametrize("ip", [None, "10.0.0.1", "2001:db8::1", "not an address"])
    def test_network(self, signer: UrlSigner, ip: str | None) -> None:
        policy = custom(network=_network("192.0.2.0/24"))
        address = signer.sign_policy(ADDRESS, policy=policy)
        assert refusal(address, ip=ip) is Refusal.WRONG_ADDRESS
        assert VERIFIER.verify(address, now=NOW, ip="192.0.2.200").base == ADDRESS

    def test_a_wildcard_covers_its_folder_only(self, signer: UrlSigner) -> None:
        policy = custom(resource="https://media.example.org/files/images/0196/?.mha")
        query = signer.sign_policy(ADDRESS, policy=policy).removeprefix(ADDRESS)
        inside = "https://media.example.org/files/images/0196/2.mha"
        assert VERIFIER.verify(inside + query, now=NOW).base == inside
        for outside in (
            "https://media.example.org/files/images/0197/1.mha",
            "https://media.example.org/files/images/0196/12.mha",
            "http://media.example.org/files/images/0196/1.mha",
            "https://media.example.org/files/images/0196/1.mhax",
            "https://media.example.org/files/images/0196/1-mha",
        ):
            assert refusal(outside + query) is Refusal.WRONG_RESOURCE

    def test_cookies(self, signer: UrlSigner) -> None:
        cookies = {**signer.cookies(custom()), "sessionid": "unrelated"}
        assert VERIFIER.verify_cookies(ADDRESS, cookies=cookies, now=NOW).base == ADDRESS
        with pytest.raises(SignatureRefused):
            VERIFIER.verify_cookies(ADDRESS, cookies=cookies, now=NOW + 301)
        with pytest.raises(SignatureRefused):
            VERIFIER.verify_cookies(ADDRESS.replace("files", "other"), cookies=cookies, now=NOW)
        signed = signer.sign(ADDRESS, expires_in=300, now=NOW)
        with pytest.raises(SignatureRefused):
            VERIFIER.verify_cookies(signed, cookies=cookies, now=NOW)


class TestStrictness:
    def test_repeated_and_unknown_parameters(self, signer: UrlSigner) -> None:
        address = signer.sign(WITH_QUERY, expires_in=300, now=NOW)
        assert VERIFIER.verify(address, now=NOW).parameters == {
            "response-content-type": "image/png"
        }
        for addition in (
            "&Expires=1999999999",
            "&Key-Pair-Id=KEC",
            "&response-content-type=text%2Fhtml",
            "&x=1",
            "&%45xpires=1",
            "&expires=1",
            "&",
            "&=",
            "&Policy=e30_",
            "#",
            "&Hash-Algorithm=SHA1",
            "&Hash-Algorithm=SHA256" if signer.key.hash_name == "SHA256" else "&x=",
        ):
            assert refusal(address + addition) is Refusal.MALFORMED

    def test_every_other_spelling_of_the_signature_is_refused(self, signer: UrlSigner) -> None:
        address = signer.sign(ADDRESS, expires_in=300, now=NOW)
        signature = address.split("Signature=")[1].split("&")[0]
        alternatives = [signature.translate(str.maketrans("-_~", "+=/")), signature.rstrip("_")]
        alternatives += [signature + "_", signature + "\n", " " + signature]
        stem = signature.rstrip("_")
        pads = signature[len(stem) :]
        alternatives += [stem[:-1] + char + pads for char in string.ascii_letters + "0123456789-~"]
        tried = [other for other in alternatives if other != signature]
        assert len(tried) > 60
        for other in tried:
            assert refusal(address.replace(signature, other)) in {
                Refusal.MALFORMED,
                Refusal.BAD_SIGNATURE,
            }

    def test_the_high_half_of_an_ecdsa_signature_is_refused(self) -> None:
        address = UrlSigner(KEYS["ec"]).sign(ADDRESS, expires_in=300, now=NOW)
        signature = address.split("Signature=")[1].split("&")[0]
        r, s = decode_dss_signature(decode(signature))
        high = encode_dss_signature(r, P256_ORDER - s)
        EC.public_key().verify(
            high,
            Policy(resource=ADDRESS, expires=NOW + 300).to_json().encode(),
            ec.ECDSA(hashes.SHA1()),
        )
        assert refusal(address.replace(signature, encode(high))) is Refusal.BAD_SIGNATURE

    def test_der_with_anything_appended_is_refused(self) -> None:
        address = UrlSigner(KEYS["ec"]).sign(ADDRESS, expires_in=300, now=NOW)
        signature = address.split("Signature=")[1].split("&")[0]
        longer = encode(decode(signature) + b"\0")
        assert refusal(address.replace(signature, longer)) is Refusal.BAD_SIGNATURE

    def test_a_policy_is_not_parsed_before_its_signature_fits(self) -> None:
        bomb = encode(b"[" * 2000)
        address = UrlSigner(KEYS["ec"]).sign_policy(ADDRESS, policy=custom())
        policy = address.split("Policy=")[1].split("&")[0]
        assert refusal(address.replace(policy, bomb)) is Refusal.BAD_SIGNATURE

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 2000,
            "{}",
            "null",
            '{"Statement":[]}',
            '{"Statement":[1,2]}',
            '{"Statement":[{"Resource":"*","Condition":{}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":"9"}}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":true}}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1e999}}}]}',
            '{"Statement":[{"Resource":1,"Condition":{"DateLessThan":{"AWS:EpochTime":1900000000}}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1},'
            '"DateLessThan":{"AWS:EpochTime":1900000000}}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1900000000},'
            '"Method":"GET"}}]}',
            '{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1900000000},'
            '"IpAddress":{"AWS:SourceIp":"everyone"}}}]}',
        ],
    )
    def test_a_properly_signed_but_odd_policy_is_refused(self, text: str) -> None:
        key = KEYS["ec"]
        query = f"Policy={encode(text.encode())}&Signature={encode(key.sign(text.encode()))}"
        assert refusal(f"{ADDRESS}?{query}&Key-Pair-Id=KEC") is Refusal.MALFORMED

    def test_keys_are_not_interchangeable(self) -> None:
        address = UrlSigner(KEYS["ec"]).sign(ADDRESS, expires_in=300, now=NOW)
        assert refusal(address.replace("Key-Pair-Id=KEC", "Key-Pair-Id=KRSA")) is (
            Refusal.BAD_SIGNATURE
        )
        assert refusal(address.replace("Key-Pair-Id=KEC", "Key-Pair-Id=OTHER")) is (
            Refusal.UNKNOWN_KEY
        )

    def test_the_hash_cannot_be_swapped(self) -> None:
        plain = UrlSigner(KEYS["ec"]).sign(ADDRESS, expires_in=300, now=NOW)
        assert refusal(f"{plain}&Hash-Algorithm=SHA256") is Refusal.BAD_SIGNATURE
        modern = UrlSigner(KEYS["ec-256"]).sign(ADDRESS, expires_in=300, now=NOW)
        assert refusal(modern.removesuffix("&Hash-Algorithm=SHA256")) is Refusal.BAD_SIGNATURE

    @pytest.mark.parametrize("resource", ['https://x/"', "https://x/ a", "https://x/\\", "", "ü"])
    def test_resources_that_could_rewrite_the_policy_are_not_signed(self, resource: str) -> None:
        with pytest.raises(ValueError, match="percent-encoded"):
            UrlSigner(KEYS["ec"]).sign(resource, expires_in=300)

    def test_a_star_is_not_signed_as_if_it_were_one_address(self) -> None:
        with pytest.raises(ValueError, match="cannot be signed"):
            UrlSigner(KEYS["ec"]).sign("https://x/*", expires_in=300)


def _mutations(text: str, *, count: int, seed: int) -> list[str]:
    """Small edits of ``text``: replaced, dropped, doubled, swapped and inserted characters."""
    draw = random.Random(seed)
    alphabet = string.ascii_letters + string.digits + "-_~%&=?./:+ #*\n\0é"
    found: list[str] = []
    while len(found) < count:
        at = draw.randrange(len(text) - 1)
        char = draw.choice(alphabet)
        edit = draw.randrange(6)
        found.append(
            [
                text[:at] + char + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at + 1] + text[at] + text[at + 2 :],
                text[:at] + char + text[at:],
                text[:at] + text[at].swapcase() + text[at + 1 :],
            ][edit]
        )
    return [other for other in found if other != text]


def test_thousands_of_mutations_of_a_canned_address_are_refused(signer: UrlSigner) -> None:
    address = signer.sign(WITH_QUERY, expires_in=300, now=NOW)
    VERIFIER.verify(address, now=NOW)
    tried = _mutations(address, count=2000, seed=20261121)
    assert len(tried) > 1500
    for other in tried:
        with pytest.raises(SignatureRefused):
            VERIFIER.verify(other, now=NOW)


def test_mutations_of_a_custom_address_open_nothing_outside_the_policy(signer: UrlSigner) -> None:
    policy = custom(network=_network("192.0.2.0/24"))
    address = signer.sign_policy(ADDRESS, policy=policy)
    signed_query = address.removeprefix(ADDRESS)
    for other in _mutations(address, count=2000, seed=20261122):
        try:
            verified = VERIFIER.verify(other, now=NOW, ip="192.0.2.1")
        except SignatureRefused:
            continue
        assert verified.policy == policy
        assert verified.base.startswith("https://media.example.org/files/")
        assert other == verified.base + signed_query


class TestKeys:
    def test_made_once_readable_by_the_owner_only_and_the_same_for_all(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "keys"
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda: found.append(ensure_key_pair(folder).key_id))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1
        assert (folder / "delivery.pem").stat().st_mode & 0o777 == 0o600
        assert sorted(path.name for path in folder.iterdir()) == [".delivery.lock", "delivery.pem"]

    def test_two_keys_overlap_during_rotation(self, tmp_path: Path) -> None:
        old = ensure_key_pair(tmp_path)
        address = UrlSigner(old).sign(ADDRESS, expires_in=300, now=NOW)
        pem = old.public().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (tmp_path / f"{old.key_id}.pub.pem").write_bytes(pem)
        (tmp_path / "delivery.pem").unlink()
        new = ensure_key_pair(tmp_path)
        assert new.key_id != old.key_id
        verifier = UrlVerifier({**load_public_keys(tmp_path), new.key_id: new.public()})
        assert verifier.verify(address, now=NOW).key_id == old.key_id
        fresh = UrlSigner(new).sign(ADDRESS, expires_in=300, now=NOW)
        assert verifier.verify(fresh, now=NOW).key_id == new.key_id

    @pytest.mark.parametrize(
        "key",
        [
            rsa.generate_private_key(public_exponent=65537, key_size=3072),
            ec.generate_private_key(ec.SECP384R1()),
        ],
    )
    def test_kinds_that_cloudfront_refuses_are_refused(
        self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    ) -> None:
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with pytest.raises(SigningKeyError, match="2048"):
            load_private_key(pem)

    def test_something_else_says_what_to_do(self) -> None:
        with pytest.raises(SigningKeyError, match="openssl"):
            load_private_key(b"not a key")


def test_canonical_base64_round_trip() -> None:
    draw = random.Random(7)
    for length in range(1, 200):
        data = draw.randbytes(length)
        assert decode(encode(data)) == data
        assert base64.b64decode(encode(data).translate(str.maketrans("-_~", "+=/"))) == data


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)
