"""Objects in a bucket of an S3-compatible store."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

from typing_extensions import override

from app.core.storage.bucket_client import make_client, reach, refused_part
from app.core.storage.bucket_reader import RangeReader
from app.core.storage.bucket_setup import prepare_bucket
from app.core.storage.errors import ObjectMissing, StorageUnavailable
from app.core.storage.location import BucketLocation
from app.core.storage.store import (
    CHUNK,
    MAX_PART_SIZE,
    AnswerHeaders,
    Completed,
    Multipart,
    ObjectStore,
    Part,
    PartReceipt,
    StoredObject,
    checked_key,
    checked_numbers,
    joined_etag,
    matched_parts,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

__all__ = ["BucketStore"]


class BucketStore(ObjectStore):
    """An `ObjectStore` on S3; nothing is ever written to this machine's own folders."""

    def __init__(self, location: BucketLocation) -> None:
        self.location = location
        self.bucket = location.bucket
        self._client = make_client(location, endpoint=location.endpoint)
        self._signer = self._client
        if location.accelerate or location.public_endpoint != location.endpoint:
            self._signer = make_client(
                location, endpoint=location.public_endpoint, accelerate=location.accelerate
            )

    @override
    def stat(self, key: str) -> StoredObject:
        with reach(key=key):
            head = self._client.head_object(Bucket=self.bucket, Key=checked_key(key))
        return StoredObject(
            key=key,
            size=head["ContentLength"],
            modified=head["LastModified"],
            etag=head["ETag"].strip('"'),
        )

    @override
    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except ObjectMissing:
            return False
        return True

    @override
    def size(self, key: str) -> int:
        return self.stat(key).size

    @override
    def open(self, key: str) -> BinaryIO:
        """Return a seekable reader; it fetches a megabyte at a time, only where it is read."""
        raw = RangeReader(self.read_range, key=key, size=self.size(key))
        return cast("BinaryIO", io.BufferedReader(raw, buffer_size=CHUNK))

    @override
    def read_range(self, key: str, *, start: int, length: int) -> bytes:
        return b"".join(self.iter_range(key, start=start, length=length))

    @override
    def iter_range(
        self, key: str, *, start: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        if length == 0:
            return
        last = "" if length is None else start + length - 1
        wanted = {} if start == 0 and length is None else {"Range": f"bytes={start}-{last}"}
        with reach(key=key, past_end_is_empty=True) as outcome:
            answer = self._client.get_object(
                Bucket=self.bucket, Key=checked_key(key), **cast("Any", wanted)
            )
        if outcome.past_end:
            return
        with closing(answer["Body"]) as body, reach(key=key):
            yield from body.iter_chunks(chunk)

    @override
    def put_file(self, path: Path, *, key: str, content_type: str = "") -> StoredObject:
        with reach(key=key):
            self._client.upload_file(
                str(path), self.bucket, checked_key(key), ExtraArgs=_headers(content_type)
            )
        return self.stat(key)

    @override
    def put_bytes(self, data: bytes, *, key: str, content_type: str = "") -> StoredObject:
        with reach(key=key):
            self._client.put_object(
                Bucket=self.bucket,
                Key=checked_key(key),
                Body=data,
                **cast("Any", _headers(content_type)),
            )
        return self.stat(key)

    @override
    def fetch_to(self, key: str, *, path: Path) -> int:
        draft = path.with_name(f".{path.name[:80]}.{uuid4().hex}")
        try:
            with reach(key=key):
                self._client.download_file(self.bucket, checked_key(key), str(draft))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return os.stat(path).st_size

    @override
    def copy(self, key: str, *, to: str) -> StoredObject:
        source = {"Bucket": self.bucket, "Key": checked_key(key)}
        with reach(key=key):
            self._client.copy(cast("Any", source), self.bucket, checked_key(to))
        return self.stat(to)

    @override
    def delete(self, key: str) -> None:
        with reach(key=key):
            self._client.delete_object(Bucket=self.bucket, Key=checked_key(key))

    @override
    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        folder = checked_key(prefix.rstrip("/")) + "/"
        pages = self._client.get_paginator("list_objects_v2")
        with reach(key=prefix):
            for page in pages.paginate(Bucket=self.bucket, Prefix=folder):
                for item in page.get("Contents", ()):
                    yield StoredObject(
                        key=item["Key"],
                        size=item["Size"],
                        modified=item["LastModified"],
                        etag=item["ETag"].strip('"'),
                    )

    @override
    def start_multipart(self, key: str, *, content_type: str = "") -> str:
        with reach(key=key):
            answer = self._client.create_multipart_upload(
                Bucket=self.bucket, Key=checked_key(key), **cast("Any", _headers(content_type))
            )
        return answer["UploadId"]

    @override
    def sign_parts(
        self, key: str, *, multipart_id: str, numbers: Sequence[int], expires_in: int
    ) -> Mapping[int, str]:
        return {
            number: self._signer.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self.bucket,
                    "Key": checked_key(key),
                    "UploadId": multipart_id,
                    "PartNumber": number,
                },
                ExpiresIn=expires_in,
            )
            for number in checked_numbers(numbers)
        }

    @override
    def list_parts(self, key: str, *, multipart_id: str) -> list[Part]:
        stored = self._stored_parts(key, multipart_id=multipart_id)
        latest = {part.number: part for part in sorted(stored, key=lambda part: part.modified)}
        return [latest[number] for number in sorted(latest)]

    def _stored_parts(self, key: str, *, multipart_id: str) -> list[Part]:
        pages = self._client.get_paginator("list_parts")
        found = []
        with reach(key=key):
            for page in pages.paginate(
                Bucket=self.bucket, Key=checked_key(key), UploadId=multipart_id
            ):
                found += [
                    Part(
                        number=item["PartNumber"],
                        etag=item["ETag"].strip('"'),
                        size=item["Size"],
                        modified=item["LastModified"],
                    )
                    for item in page.get("Parts", ())
                ]
        return found

    @override
    def complete_multipart(
        self, key: str, *, multipart_id: str, parts: Sequence[PartReceipt]
    ) -> Completed:
        stored = self._stored_parts(key, multipart_id=multipart_id)
        chosen = matched_parts(stored=stored, receipts=parts)
        for part in chosen:
            if part.size > MAX_PART_SIZE:
                raise refused_part(part)
        if not chosen:
            # S3 refuses to complete an upload without parts, so an empty file is put as one.
            self.put_bytes(b"", key=key)
            self.abort_multipart(key, multipart_id=multipart_id)
            return Completed(size=0, sha256=None)
        listed: list[CompletedPartTypeDef] = [
            {"ETag": f'"{part.etag}"', "PartNumber": part.number} for part in chosen
        ]
        with reach(key=key):
            self._client.complete_multipart_upload(
                Bucket=self.bucket,
                Key=checked_key(key),
                UploadId=multipart_id,
                MultipartUpload={"Parts": listed},
            )
        joined = self.stat(key)
        if joined.size != sum(part.size for part in chosen):
            raise StorageUnavailable("The store joined the parts to a file of another size.")
        if joined.etag.endswith(f"-{len(chosen)}") and joined.etag != joined_etag(chosen):
            raise StorageUnavailable("The store joined the parts to a file of other bytes.")
        return Completed(size=joined.size, sha256=None)

    @override
    def abort_multipart(self, key: str, *, multipart_id: str) -> None:
        with reach(key=key, closed_is_fine=True):
            self._client.abort_multipart_upload(
                Bucket=self.bucket, Key=checked_key(key), UploadId=multipart_id
            )

    @override
    def list_multiparts(self, prefix: str) -> Iterator[Multipart]:
        folder = checked_key(prefix.rstrip("/")) + "/"
        pages = self._client.get_paginator("list_multipart_uploads")
        with reach(key=prefix):
            for page in pages.paginate(Bucket=self.bucket, Prefix=folder):
                for item in page.get("Uploads", ()):
                    yield Multipart(item["Key"], item["UploadId"], item["Initiated"])

    @override
    def sign_get(self, key: str, *, expires_in: int, headers: AnswerHeaders) -> str:
        wished = {
            "ResponseContentDisposition": headers.disposition,
            "ResponseContentType": headers.content_type,
        }
        chosen = {name: text for name, text in wished.items() if text}
        return self._signer.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": checked_key(key), **chosen},
            ExpiresIn=expires_in,
        )

    def sign_ranges(self, key: str, *, expires_in: int) -> str:
        """Return an address from which we ourselves may read ranges of the object for a while."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": checked_key(key)},
            ExpiresIn=expires_in,
        )

    @override
    def prepare(self, *, origins: Sequence[str]) -> list[str]:
        return prepare_bucket(
            self._client, bucket=self.bucket, region=self.location.region, origins=origins
        )

    @override
    def tidy(self, *, older_than: timedelta) -> int:
        """Nothing to do: the store writes objects whole by itself."""
        return 0


def _headers(content_type: str) -> dict[str, str]:
    return {"ContentType": content_type} if content_type else {}
