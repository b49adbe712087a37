"""How fast files go up through the portal's API, as a fraction of plain PUTs to the same S3 server.

The portal runs with a SeaweedFS server as its bucket. In turns, the same bytes are sent by the same
client with the same number of connections: as plain objects by addresses that were signed
beforehand, and as parts of an upload (start, sign, send, complete).
"""

import argparse
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
from botocore.config import Config

from app.core.storage import BucketLocation, parse_storage_url
from benchmarks.record import keep
from tests.clients.portal import TOKEN, LivePortal, live_portal
from tests.servers import s3_server

MIB = 2**20


class Sender:
    """Sends pieces to signed addresses over a fixed number of connections that stay open."""

    def __init__(self, connections: int) -> None:
        self._client = httpx.Client(timeout=120, limits=httpx.Limits(max_connections=connections))
        self._pool = ThreadPoolExecutor(connections)

    def send(self, addresses: Sequence[str], pieces: Sequence[bytes]) -> list[str]:
        """Return the ETags."""
        return list(self._pool.map(self._put, addresses, pieces))

    def _put(self, address: str, piece: bytes) -> str:
        answer = self._client.put(address, content=piece)
        answer.raise_for_status()
        return answer.headers["ETag"]


class Bucket:
    """Signs plain PUTs as anybody would who has the keys."""

    def __init__(self, storage: str) -> None:
        location = parse_storage_url(storage)
        if not isinstance(location, BucketLocation):
            raise TypeError("This benchmark needs a bucket.")
        self._name = location.bucket
        self._s3 = boto3.client(
            "s3",
            endpoint_url=location.endpoint,
            region_name=location.region,
            aws_access_key_id=location.access_key,
            aws_secret_access_key=location.secret_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def addresses(self, count: int) -> tuple[list[str], list[str]]:
        """Return keys, and an address to PUT to for each."""
        keys = [f"raw/{uuid4()}" for _ in range(count)]
        return keys, [
            self._s3.generate_presigned_url("put_object", {"Bucket": self._name, "Key": key})
            for key in keys
        ]

    def delete(self, keys: Sequence[str]) -> None:
        """Make room for the next round."""
        for key in keys:
            self._s3.delete_object(Bucket=self._name, Key=key)


class Api:
    """The three calls of an upload; remembers how long the portal itself took."""

    def __init__(self, portal: LivePortal) -> None:
        self._client = httpx.Client(
            base_url=f"{portal.url}/api/v1/",
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=ssl.create_default_context(cafile=str(portal.certificate)),
            timeout=120,
        )
        self.took: dict[str, list[float]] = {}

    def call(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON."""
        began = time.perf_counter()
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        self.took.setdefault(name, []).append(time.perf_counter() - began)
        return answer.json() if answer.content else None

    def upload(self, sender: Sender, pieces: Sequence[bytes]) -> str:
        """Send one file in parts and return its key in the API."""
        size = sum(map(len, pieces))
        made = self.call("start", "POST", "uploads/", {"filename": "scan.mha", "size": size})
        path = f"uploads/{made['pk']}/{made['s3_upload_id']}"
        numbers = list(range(1, len(pieces) + 1))
        signed = self.call(
            "sign", "PATCH", f"{path}/generate-presigned-urls/", {"part_numbers": numbers}
        )["presigned_urls"]
        etags = sender.send([signed[str(number)] for number in numbers], pieces)
        parts = [
            {"PartNumber": number, "ETag": etag}
            for number, etag in zip(numbers, etags, strict=True)
        ]
        done = self.call(
            "complete", "PATCH", f"{path}/complete-multipart-upload/", {"parts": parts}
        )
        if done["size"] != size:
            raise RuntimeError(f"{done['size']} of {size} bytes arrived.")
        return str(made["pk"])


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--parts", type=int, default=16)
    parser.add_argument("--part-mib", type=int, default=32)
    parser.add_argument("--connections", type=int, default=4)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hounsfield-uploads-") as folder,
        s3_server() as storage,
        live_portal(Path(folder) / "portal", storage=storage) as portal,
    ):
        pieces = [os.urandom(given.part_mib * MIB) for _ in range(given.parts)]
        keep("uploads", {**vars(given), **measure(portal, storage, pieces, given)})


def measure(
    portal: LivePortal, storage: str, pieces: Sequence[bytes], given: argparse.Namespace
) -> dict[str, Any]:
    """Return rates and their ratio, of rounds in turns; the first round only warms up."""
    sender, bucket, api = Sender(given.connections), Bucket(storage), Api(portal)
    rates: dict[str, list[float]] = {"plain": [], "portal": []}
    size = sum(map(len, pieces))

    def plain() -> Callable[[], None]:
        keys, addresses = bucket.addresses(len(pieces))
        began = time.perf_counter()
        sender.send(addresses, pieces)
        rates["plain"].append(size / MIB / (time.perf_counter() - began))
        return lambda: bucket.delete(keys)

    def ours() -> Callable[[], None]:
        began = time.perf_counter()
        pk = api.upload(sender, pieces)
        rates["portal"].append(size / MIB / (time.perf_counter() - began))
        return lambda: api.call("delete", "DELETE", f"uploads/{pk}/")

    for number in range(given.rounds + 1):
        for way in (plain, ours) if number % 2 else (ours, plain):
            way()()
    return _summary({name: found[1:] for name, found in rates.items()}, api.took)


def _summary(
    rates: Mapping[str, Sequence[float]], took: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    middle = {name: statistics.median(found) for name, found in rates.items()}
    pairs = [ours / plain for ours, plain in zip(rates["portal"], rates["plain"], strict=True)]
    return {
        "mib_per_second": {name: round(rate, 1) for name, rate in middle.items()},
        "all_rounds": {name: [round(one, 1) for one in found] for name, found in rates.items()},
        "fraction_of_plain": round(middle["portal"] / middle["plain"], 3),
        "fraction_by_round_median": round(statistics.median(pairs), 3),
        "goal": 0.9,
        "api_milliseconds": {
            name: round(1000 * statistics.median(found), 1) for name, found in took.items()
        },
    }


if __name__ == "__main__":
    main()
