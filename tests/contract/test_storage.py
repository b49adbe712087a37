"""One contract for every store: a folder, and a real S3 server."""

import datetime as dt
import hashlib
import io
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from app.core.storage import (
    MIN_PART_SIZE,
    AnswerHeaders,
    BucketLocation,
    FolderStore,
    KeyInvalid,
    MultipartMissing,
    ObjectMissing,
    ObjectStore,
    PartReceipt,
    PartsRefused,
    StorageUnavailable,
    own_addresses,
    parse_storage_url,
    store_at,
)
from tests.servers import s3_server

DATA = random.Random(3).randbytes(3 * 2**20 + 17)


@pytest.fixture(scope="module")
def bucket_url() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(
    params=["folder", pytest.param("bucket", marks=pytest.mark.services)],
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "media")
    return store_at(request.getfixturevalue("bucket_url"))


@pytest.fixture
def key() -> str:
    return f"images/{uuid4()}/{uuid4()}.mha"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def send_part(store: ObjectStore, key: str, *, multipart_id: str, number: int, data: bytes) -> str:
    """Send one part the way a client does, and return the ETag it was answered."""
    (address,) = store.sign_parts(
        key, multipart_id=multipart_id, numbers=[number], expires_in=600
    ).values()
    if isinstance(store, FolderStore):
        parts = urlsplit(address)
        grant = own_addresses().check_part(f"{parts.path}?{parts.query}", method="PUT")
        assert grant is not None
        with store.write_part(
            grant.multipart_id, number=grant.number, max_size=grant.max_size
        ) as writer:
            writer.write(data)
            return f'"{writer.finish()}"'
    answer = httpx.put(address, content=data)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


class TestWholeObjects:
    def test_put_read_and_delete(self, store: ObjectStore, key: str, source: Path) -> None:
        assert not store.exists(key)
        stored = store.put_file(source, key=key, content_type="application/octet-stream")
        assert stored.size == store.size(key) == len(DATA)
        assert store.stat(key) == stored
        assert abs(stored.modified - dt.datetime.now(tz=dt.UTC)) < dt.timedelta(minutes=1)
        assert b"".join(store.iter_range(key)) == DATA
        store.delete(key)
        assert not store.exists(key)
        store.delete(key)

    def test_put_bytes(self, store: ObjectStore, key: str) -> None:
        assert store.put_bytes(b"", key=key).size == 0
        assert store.put_bytes(b"hello", key=key).size == 5
        assert b"".join(store.iter_range(key)) == b"hello"

    def test_ranges(self, store: ObjectStore, key: str, source: Path) -> None:
        store.put_file(source, key=key)
        end = len(DATA)
        for start, length in [(0, 1), (7, 100), (2**20 - 3, 2**20 + 9), (end - 5, 5)]:
            read = store.read_range(key, start=start, length=length)
            assert read == DATA[start : start + length]
        assert store.read_range(key, start=end - 5, length=500) == DATA[-5:]
        assert store.read_range(key, start=end, length=5) == b""
        assert store.read_range(key, start=end + 99, length=5) == b""
        assert store.read_range(key, start=0, length=0) == b""
        pieces = list(store.iter_range(key, start=10, length=1000, chunk=300))
        assert b"".join(pieces) == DATA[10:1010]
        assert max(map(len, pieces)) <= 300

    def test_reading_like_a_file(self, store: ObjectStore, key: str, source: Path) -> None:
        store.put_file(source, key=key)
        with store.open(key) as file:
            assert file.read(4) == DATA[:4]
            file.seek(-8, io.SEEK_END)
            assert file.read() == DATA[-8:]
            file.seek(2**20)
            assert file.read(2**20 + 5) == DATA[2**20 : 2**21 + 5]
            assert file.tell() == 2**21 + 5
        with store.open(key) as file:
            assert file.read() == DATA

    def test_missing_objects(self, store: ObjectStore, key: str, tmp_path: Path) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: store.stat(key),
            lambda: store.size(key),
            lambda: store.open(key),
            lambda: store.read_range(key, start=0, length=1),
            lambda: list(store.iter_range(key)),
            lambda: store.fetch_to(key, path=tmp_path / "copy"),
            lambda: store.copy(key, to=f"values/{uuid4()}.json"),
        ]
        for attempt in attempts:
            with pytest.raises(ObjectMissing):
                attempt()
        assert list(tmp_path.glob("*copy*")) == []

    @pytest.mark.parametrize(
        "bad",
        ["", "/etc/passwd", "../x", "a/../b", "a//b", ".parts/x", "a/.b", "A", "a b", "a\n", "a\0"],
    )
    def test_hostile_keys(self, store: ObjectStore, bad: str, source: Path) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: store.stat(bad),
            lambda: store.delete(bad),
            lambda: store.put_file(source, key=bad),
            lambda: store.start_multipart(bad),
            lambda: store.sign_get(bad, expires_in=60, headers=AnswerHeaders()),
        ]
        for attempt in attempts:
            with pytest.raises(KeyInvalid):
                attempt()

    def test_fetch_and_copy(
        self, store: ObjectStore, key: str, source: Path, tmp_path: Path
    ) -> None:
        store.put_file(source, key=key)
        other = f"containers/{uuid4()}.tar"
        assert store.copy(key, to=other).size == len(DATA)
        store.delete(key)
        target = tmp_path / "fetched"
        target.write_bytes(b"older")
        assert store.fetch_to(other, path=target) == len(DATA)
        assert target.read_bytes() == DATA

    def test_replacing_an_object_leaves_its_copies_alone(
        self, store: ObjectStore, key: str
    ) -> None:
        other = f"values/{uuid4()}.json"
        first = store.put_bytes(b"first", key=key)
        store.copy(key, to=other)
        second = store.put_bytes(b"second", key=key)
        assert store.read_range(other, start=0, length=9) == b"first"
        assert store.read_range(key, start=0, length=9) == b"second"
        assert first.etag != second.etag

    def test_a_failed_put_leaves_nothing(
        self, store: ObjectStore, key: str, tmp_path: Path
    ) -> None:
        with pytest.raises(FileNotFoundError):
            store.put_file(tmp_path / "absent", key=key)
        assert not store.exists(key)
        assert store.tidy(older_than=dt.timedelta(0)) == 0

    def test_listing(self, store: ObjectStore) -> None:
        folder = f"images/{uuid4()}"
        keys = sorted(f"{folder}/{uuid4()}.mha" for _ in range(3))
        for name in keys:
            store.put_bytes(b"x", key=name)
        found = list(store.list_objects(f"{folder}/"))
        assert [item.key for item in found] == keys
        assert {item.size for item in found} == {1}
        assert list(store.list_objects(f"images/{uuid4()}/")) == []

    def test_concurrent_writers_of_one_key_leave_one_whole_object(
        self, store: ObjectStore, key: str
    ) -> None:
        bodies = [bytes([n]) * 200_000 for n in range(6)]
        threads = [
            threading.Thread(target=store.put_bytes, args=(body,), kwargs={"key": key})
            for body in bodies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.read_range(key, start=0, length=300_000) in bodies


class TestMultipart:
    def test_parts_in_any_order(self, store: ObjectStore, key: str) -> None:
        bodies = {1: os.urandom(MIN_PART_SIZE), 2: os.urandom(MIN_PART_SIZE + 5), 3: b"end"}
        upload = store.start_multipart(key)
        assert store.list_parts(key, multipart_id=upload) == []
        tags = {
            number: send_part(store, key, multipart_id=upload, number=number, data=bodies[number])
            for number in (3, 1, 2)
        }
        for number, tag in tags.items():
            assert tag == f'"{hashlib.md5(bodies[number]).hexdigest()}"'
        listed = store.list_parts(key, multipart_id=upload)
        assert [(part.number, part.size, f'"{part.etag}"') for part in listed] == [
            (number, len(bodies[number]), tags[number]) for number in (1, 2, 3)
        ]
        assert not store.exists(key)
        done = store.complete_multipart(
            key, multipart_id=upload, parts=[PartReceipt(n, tags[n]) for n in (1, 2, 3)]
        )
        whole = b"".join(bodies[n] for n in (1, 2, 3))
        assert done.size == len(whole)
        assert done.sha256 in (None, hashlib.sha256(whole).hexdigest())
        assert b"".join(store.iter_range(key)) == whole
        with pytest.raises(MultipartMissing):
            store.list_parts(key, multipart_id=upload)

    def test_an_empty_file(self, store: ObjectStore, key: str) -> None:
        upload = store.start_multipart(key)
        assert store.complete_multipart(key, multipart_id=upload, parts=[]).size == 0
        assert store.size(key) == 0
        assert upload not in [item.multipart_id for item in store.list_multiparts("images/")]

    def test_a_part_sent_again_replaces_the_first(self, store: ObjectStore, key: str) -> None:
        upload = store.start_multipart(key)
        send_part(store, key, multipart_id=upload, number=1, data=b"first")
        tag = send_part(store, key, multipart_id=upload, number=1, data=b"second")
        assert [part.number for part in store.list_parts(key, multipart_id=upload)] == [1]
        store.complete_multipart(key, multipart_id=upload, parts=[PartReceipt(1, tag)])
        assert store.read_range(key, start=0, length=10) == b"second"

    def test_wrong_receipts(self, store: ObjectStore, key: str) -> None:
        upload = store.start_multipart(key)
        tags = {
            n: send_part(store, key, multipart_id=upload, number=n, data=b"small") for n in (1, 2)
        }
        good = [PartReceipt(1, tags[1]), PartReceipt(2, tags[2])]
        for receipts, says in [
            ([PartReceipt(1, '"' + "0" * 32 + '"')], "damaged"),
            ([*good, PartReceipt(3, tags[1])], "never received"),
            ([good[1], good[0]], "ascending"),
            ([good[0], good[0]], "ascending"),
            (good, "smaller than 5 MiB"),
        ]:
            with pytest.raises(PartsRefused, match=says):
                store.complete_multipart(key, multipart_id=upload, parts=receipts)
        assert not store.exists(key)
        assert store.complete_multipart(key, multipart_id=upload, parts=good[:1]).size == 5

    def test_abort(self, store: ObjectStore, key: str) -> None:
        upload = store.start_multipart(key)
        send_part(store, key, multipart_id=upload, number=1, data=b"x")
        assert upload in [item.multipart_id for item in store.list_multiparts("images/")]
        store.abort_multipart(key, multipart_id=upload)
        store.abort_multipart(key, multipart_id=upload)
        assert upload not in [item.multipart_id for item in store.list_multiparts("images/")]
        with pytest.raises(MultipartMissing):
            store.complete_multipart(key, multipart_id=upload, parts=[])
        assert not store.exists(key)

    @pytest.mark.parametrize("number", [0, -1, 10_001])
    def test_part_numbers(self, store: ObjectStore, key: str, number: int) -> None:
        upload = store.start_multipart(key)
        with pytest.raises(PartsRefused, match="10,000"):
            store.sign_parts(key, multipart_id=upload, numbers=[number], expires_in=60)


@pytest.mark.services
class TestBucketOnly:
    """What only a store with addresses of its own can show."""

    def test_signed_address(self, bucket_url: str) -> None:
        store = store_at(bucket_url)
        key = f"values/{uuid4()}.json"
        store.put_bytes(b"0123456789", key=key)
        headers = AnswerHeaders(
            disposition='attachment; filename="a.json"', content_type="application/json"
        )
        address = store.sign_get(key, expires_in=60, headers=headers)
        answer = httpx.get(address, headers={"Range": "bytes=2-4"})
        assert (answer.status_code, answer.content) == (206, b"234")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.json"'
        assert answer.headers["Content-Type"] == "application/json"
        assert httpx.get(address.replace("Signature=", "Signature=0")).status_code == 403
        assert httpx.get(address.replace(key, "values/other.json")).status_code == 403
        assert httpx.put(address, content=b"x").status_code == 403
        assert httpx.get(address.split("?")[0]).status_code == 403

    def test_a_part_address_stores_nothing_but_its_part(self, bucket_url: str) -> None:
        store = store_at(bucket_url)
        key = f"uploads/{uuid4()}"
        upload = store.start_multipart(key)
        (address,) = store.sign_parts(key, multipart_id=upload, numbers=[1], expires_in=60).values()
        assert httpx.get(address).status_code == 403
        assert httpx.put(address.replace("partNumber=1", "partNumber=2")).status_code == 403
        assert httpx.put(address.split("?")[0], content=b"x").status_code == 403
        assert store.list_parts(key, multipart_id=upload) == []

    def test_public_address_is_signed_for_the_public_host(self, bucket_url: str) -> None:
        store = store_at(f"{bucket_url}&public=https%3A%2F%2Ffiles.example.org")
        address = store.sign_get("values/x.json", expires_in=60, headers=AnswerHeaders())
        assert address.startswith("https://files.example.org/hounsfield-test/values/x.json?")

    def test_a_store_that_is_down_or_refuses_us(self, bucket_url: str) -> None:
        location = parse_storage_url(bucket_url)
        assert isinstance(location, BucketLocation)
        wrong = bucket_url.replace(location.secret_key, "0" * 32)
        with pytest.raises(StorageUnavailable) as caught:
            store_at(wrong).put_bytes(b"x", key="values/x.json")
        assert location.secret_key not in str(caught.value.as_problem())
        nobody = "s3://K:S@127.0.0.1:1/bucket?scheme=http"
        with pytest.raises(StorageUnavailable, match="reached"):
            store_at(nobody).put_bytes(b"x", key="values/x.json")


class TestPreparing:
    def test_it_can_be_repeated_and_then_works(self, store: ObjectStore, key: str) -> None:
        first = store.prepare(origins=["https://portal.example.org"])
        assert first
        assert store.prepare(origins=["https://portal.example.org"]) == first
        store.put_bytes(b"x", key=key)

    @pytest.mark.services
    def test_a_bucket_is_made_and_browsers_may_send(self, bucket_url: str) -> None:
        location = parse_storage_url(bucket_url)
        assert isinstance(location, BucketLocation)
        store = store_at(bucket_url.replace(location.bucket, "another-bucket"))
        assert "created" in store.prepare(origins=["https://portal.example.org"])[0]
        key = f"uploads/{uuid4()}"
        (address,) = store.sign_parts(
            key, multipart_id=store.start_multipart(key), numbers=[1], expires_in=60
        ).values()
        asks = {"Access-Control-Request-Method": "PUT"}
        ours = httpx.options(address, headers={"Origin": "https://portal.example.org", **asks})
        assert ours.headers["Access-Control-Allow-Origin"] == "https://portal.example.org"
        sent = httpx.put(address, content=b"x", headers={"Origin": "https://portal.example.org"})
        assert "etag" in sent.headers["Access-Control-Expose-Headers"].lower()
        others = httpx.options(address, headers={"Origin": "https://evil.example.org", **asks})
        assert "Access-Control-Allow-Origin" not in others.headers

    def test_a_folder_that_cannot_be_written_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StorageUnavailable, match="cannot be written"):
            FolderStore(tmp_path / "file" / "media").prepare(origins=[])


class TestFolderOnly:
    def test_parts_larger_than_signed_for_leave_nothing(self, tmp_path: Path, key: str) -> None:
        store = FolderStore(tmp_path / "media")
        upload = store.start_multipart(key)
        with store.write_part(upload, number=1, max_size=10) as writer:
            writer.write(b"123456")
            with pytest.raises(PartsRefused, match="larger"):
                writer.write(b"123456")
        assert store.list_parts(key, multipart_id=upload) == []
        assert [path.name for path in (tmp_path / "media/.parts" / upload).iterdir()] == [
            "note.json"
        ]

    def test_a_part_that_rots_is_found_when_the_parts_are_joined(
        self, tmp_path: Path, key: str
    ) -> None:
        store = FolderStore(tmp_path / "media")
        upload = store.start_multipart(key)
        with store.write_part(upload, number=1, max_size=100) as writer:
            writer.write(b"whole")
            etag = writer.finish()
        (part,) = (tmp_path / "media" / ".parts" / upload).glob("*.part")
        part.write_bytes(b"whale")
        with pytest.raises(PartsRefused, match="damaged"):
            store.complete_multipart(
                key, multipart_id=upload, parts=[PartReceipt(number=1, etag=etag)]
            )
        assert not store.exists(key)

    def test_a_part_that_is_cut_off_leaves_nothing(self, tmp_path: Path, key: str) -> None:
        store = FolderStore(tmp_path / "media")
        upload = store.start_multipart(key)
        with store.write_part(upload, number=1, max_size=10) as writer:
            writer.write(b"123")
        assert store.list_parts(key, multipart_id=upload) == []

    @pytest.mark.parametrize("bad", ["", "..", "../../etc", "0" * 31, "G" * 32, "0" * 32])
    def test_hostile_multipart_ids(self, tmp_path: Path, key: str, bad: str) -> None:
        store = FolderStore(tmp_path / "media")
        with pytest.raises(MultipartMissing):
            store.list_parts(key, multipart_id=bad)
        with pytest.raises(MultipartMissing):
            store.write_part(bad, number=1, max_size=1)
        store.abort_multipart(key, multipart_id=bad)

    def test_an_upload_belongs_to_its_key(self, tmp_path: Path, key: str) -> None:
        store = FolderStore(tmp_path / "media")
        upload = store.start_multipart(key)
        with pytest.raises(MultipartMissing):
            store.complete_multipart("values/x.json", multipart_id=upload, parts=[])

    def test_empty_folders_go_and_old_drafts_are_swept(self, tmp_path: Path, key: str) -> None:
        store = FolderStore(tmp_path / "media")
        store.put_bytes(b"x", key=key)
        store.delete(key)
        assert [path.name for path in (tmp_path / "media").iterdir()] == [".drafts"]
        (tmp_path / "media/.drafts/left").write_bytes(b"x")
        assert store.tidy(older_than=dt.timedelta(hours=1)) == 0
        assert store.tidy(older_than=dt.timedelta(0)) == 1
